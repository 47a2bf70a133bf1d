"""Writers: a document's tree in, a file's text out; one module a format.

A writer numbers tables, figures and notes, and gives every number of the document its id. It knows
no indicator and says nothing of its own but the words of its format ("Tabell", "Figur").
"""
