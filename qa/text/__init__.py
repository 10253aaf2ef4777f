"""Text processing: languages, search terms, abbreviations; English numbers, dates, names, negation and small talk."""
