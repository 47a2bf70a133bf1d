"""Finds the values that differ from what one would expect, and says how sure one can be.

Numpy and scipy on typed arrays. What does not belong here: the warehouse, Dagster, reading of
files, and the look of the report. The two doors are ``assess.assess`` and ``focus.focus_areas``.
"""
