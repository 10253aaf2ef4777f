"""Bytes -> documents -> chunks."""
