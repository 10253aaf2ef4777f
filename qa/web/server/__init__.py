"""The server: who may come in, what is served, and how much of it."""
