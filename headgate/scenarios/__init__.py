"""Named changes of a book, declared as data: what may be changed, and what a change does."""
