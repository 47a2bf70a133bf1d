"""The flow, said once: its steps in order, what each reads and writes, and what was made of what.

Joins the packages below it. Dagster belongs in `orchestration.assets`, which makes assets, gates
and labels of the steps; what a step computes belongs in the packages that it calls.
"""
