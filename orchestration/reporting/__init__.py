"""The memorandum: what the nightly run hands to a reader.

Holds Swedish number formats, labels, charts, sentences and the HTML template. It reads finished
marts and writes text. No statistic is computed here beyond the differences and ratios a sentence
states; expected values, tests and outcomes belong in ``orchestration.deviation``.
"""
