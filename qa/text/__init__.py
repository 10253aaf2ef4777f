"""English as text: sentences, words, numbers, dates, names, negation and small talk."""
