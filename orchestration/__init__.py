"""Avvik: finds what deviates in a city's social services.

Holds no code. `definitions`, `assets`, `checks`, `automation` and `resources` are the thin Dagster
layer; `cli` is the door for people; every other package is plain Python and never imports Dagster.
"""
