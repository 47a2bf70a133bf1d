"""What Dagster materialises: each step of `orchestration.flow` as assets, dbt's as dbt draws them.

Checks belong in `orchestration.checks`, schedules and sensors in `orchestration.automation`.
"""
