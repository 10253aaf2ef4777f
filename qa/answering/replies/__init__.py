"""Replies from lists, tables, comparisons, topics, headings and clauses."""
