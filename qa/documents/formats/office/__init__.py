"""What Word documents and presentations have in common."""
