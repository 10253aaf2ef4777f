"""The neural models and what runs them."""
