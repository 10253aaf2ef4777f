"""Answers as text, JSON, Markdown and a printable page."""
