"""Text: its language, search terms, abbreviations; and English numbers, dates, names, negation and small talk."""
