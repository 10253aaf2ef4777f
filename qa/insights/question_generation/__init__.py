"""Questions drafted from documents: by patterns over English words, or by a language model where one is set."""
