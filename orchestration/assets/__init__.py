"""What Dagster materialises, one module a step of the flow.

landing -> raw -> models -> found_explanations -> deviations -> focus_areas -> report ->
publication. Each module is thin: it opens the warehouse, calls plain functions and says what came
of it. Checks belong in `orchestration.checks`, schedules and sensors in `orchestration.automation`.
"""
