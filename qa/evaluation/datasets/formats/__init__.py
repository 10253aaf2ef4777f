"""One reader for each format of question set: a path goes in, an `Entry` for each place of the file comes out."""
