"""Libraries that last: collections of articles and their conversations, in a folder on disk."""
