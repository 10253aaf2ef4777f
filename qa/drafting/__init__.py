"""Questions drafted from plain sentences, by patterns over English words: no model takes part."""
