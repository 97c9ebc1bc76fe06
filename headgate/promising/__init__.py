"""What was promised: the promises of record that publishing makes, and the holds of a desk."""
