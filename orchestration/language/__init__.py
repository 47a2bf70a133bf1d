"""Swedish as a reader meets it: numbers, dates, words for codes, and how they are joined.

The only place where a number becomes text. Pure functions; nothing here reads a table or knows a
page.
"""
