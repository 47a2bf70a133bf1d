"""Where data rests between the steps: landed bytes, the warehouse file, the published snapshot.

Only storage: what the bytes mean belongs in `registers` and `sources`, and what the tables mean
belongs in dbt.
"""
