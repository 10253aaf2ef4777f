"""The page: components, state and event handlers."""
