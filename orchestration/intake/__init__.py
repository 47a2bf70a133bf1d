"""The intake: from what suppliers and publishers leave to rows in `raw`, without an orchestrator.

Joins what does not know each other: `registers` and `sources` read, `storage` keeps. A module a
step: `incoming` lists what there is, `receiving` keeps it, `admission` makes rows of it. Formats,
rules and SQL belong in the packages below; Dagster belongs in `orchestration.assets`.
"""
