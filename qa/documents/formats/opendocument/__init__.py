"""OpenDocument texts, spreadsheets and presentations -> articles."""
