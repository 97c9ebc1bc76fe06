"""Files and folders: books in and out, plans in and out."""
