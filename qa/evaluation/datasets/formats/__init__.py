"""A reader for each format of question sets, which yields an `Entry` for each question or error."""
