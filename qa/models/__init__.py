"""The neural models and what runs them.

A model or file that is missing, damaged or cannot be loaded raises a `ModelError`, as does a device that is not there.
"""
