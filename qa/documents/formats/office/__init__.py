"""Code shared by the readers for Word documents and PowerPoint presentations."""
