"""Word documents -> articles."""
