"""Workbooks and delimited values -> articles."""
