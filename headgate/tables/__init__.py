"""The public book format: its columns as data, and the check that a book follows them."""
