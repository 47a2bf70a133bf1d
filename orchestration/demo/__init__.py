"""The default user's city and statistics, so that everything can be tried without real data.

`city` writes synthetic registers, `faults` plants bad deliveries, and `recorded/` holds public
statistics as they were published. What the pipeline computes from them does not belong here: the
generator and the pipeline share no code.
"""
