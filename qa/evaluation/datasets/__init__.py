"""Question sets: reading, checking and drafting them."""
