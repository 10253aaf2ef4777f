"""Readers for workbooks and delimited values."""
