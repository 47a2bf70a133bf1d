"""Quality gates: Great Expectations judges what DuckDB has counted.

Holds how suites are read (`suites`), how their metrics become SQL (`metrics`), how a table is
judged (`validation`), what comes out (`results`) and when a table may be used (`gate`). The rules
themselves live in `expectations/`; what a supplier may write in a single cell belongs to the
register contracts, and what a model must keep true while it transforms belongs to dbt.
"""
