"""The page: its parts, its state and what happens on each event."""
