"""Reader for PowerPoint presentations."""
