"""The memorandum and the indicators' pages: documents that are built from finished marts.

``data`` and ``series`` read records; ``figures`` and ``telling`` make nodes and sentences of them,
``sections`` chapters, ``charts`` drawings; ``document`` is the tree that they stand in, and
``render`` writes it to a format. No statistic is computed here beyond the differences and ratios
that a sentence states; expected values, tests and outcomes belong in ``orchestration.deviation``.
"""
