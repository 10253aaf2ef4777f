"""Replies about the bot and the library, and to other languages."""
