"""A plan for people: one HTML page that opens anywhere, and one Excel workbook."""
