"""The publishers, replayed: a real HTTP server on loopback that answers as they do.

`server` listens and plants faults, one module a publisher answers from the recorded bytes with the
publisher's own paths, headers, limits and paging. Nothing here knows the code that asks.
"""
