"""Reader for Word documents."""
