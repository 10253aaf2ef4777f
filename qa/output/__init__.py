"""Answers as text, JSON, Markdown and a page to print."""
