"""Tools of the repository that are not part of the product: set-up, and the written reference."""
