"""Lists, and enumerations in sentences."""
