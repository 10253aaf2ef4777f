"""Reader for PDF."""
