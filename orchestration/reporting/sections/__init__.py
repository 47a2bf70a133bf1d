"""What stands in a document: one module a chapter, from records to blocks.

A chapter asks ``telling`` for its sentences and ``charts`` for its drawings, and returns blocks of
the tree; it knows no format.
"""
