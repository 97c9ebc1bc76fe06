"""What is built from what: ids as numbers, and the needs of every sold item laid out in a row."""
