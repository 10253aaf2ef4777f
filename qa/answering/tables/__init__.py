"""Tables that are looked up and computed with."""
