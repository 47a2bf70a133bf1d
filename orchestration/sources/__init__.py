"""Public statistics: which series exist, and how each publisher's bytes become rows.

`registry` declares the datasets, one module a publisher parses, `dispatch` picks the parser.
Parsing is pure: bytes in, rows out. Fetching over the network, storing deliveries and choosing
which rows an indicator is made of belong elsewhere.
"""
