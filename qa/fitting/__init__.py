"""Fitting of ranking and confidence to the models set: ``qa fit``."""
