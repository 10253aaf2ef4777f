"""Reader for the Rich Text Format."""
