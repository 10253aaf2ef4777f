"""Languages and search terms of texts; English numbers, dates, names, negation and small talk."""
