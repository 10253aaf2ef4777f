"""Whether a sentence is about the very thing that is asked about."""
