"""What was found, as typed records, and the one place that writes and reads them in the marts.

The engine, and each analysis after it, ends here; what is told, drawn or protected begins here.
Nothing here tests anything, and nothing is text for a reader.
"""
