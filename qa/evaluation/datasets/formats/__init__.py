"""A reader for each format of question sets, which yields an `Entry` for each question or error.

It raises a `QuestionSetError` if the file cannot be read, or is malformed as a whole.
"""
