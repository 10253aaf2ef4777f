"""PDF -> article."""
