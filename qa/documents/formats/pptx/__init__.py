"""Presentations -> articles."""
