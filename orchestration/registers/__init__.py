"""The city's own registers: contract, reading, quarantine, identity numbers, pseudonyms.

Public statistics belong in `orchestration.sources`; indicator formulas belong in dbt.
"""
