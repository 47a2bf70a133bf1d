"""What is published, made readable for others: described, labelled, and written as open files.

Takes any open connection whose tables are `marts.*` and `meta.*`, and makes no figure of its own.
What the tables hold belongs to those that make them; when it is published, to the flow.
"""
