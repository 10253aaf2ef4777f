"""Files -> an index, incrementally, on one machine or several."""
