"""A document -> its overview, suggested questions and drafted questions."""
