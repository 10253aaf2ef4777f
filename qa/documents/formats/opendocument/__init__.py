"""Reader for OpenDocument texts, spreadsheets and presentations."""
