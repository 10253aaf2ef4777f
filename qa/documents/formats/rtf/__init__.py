"""Rich Text Format -> article."""
