"""The web chat, in a real browser and under it."""
