"""One module for each revision, named by its number; a released one is never edited."""
