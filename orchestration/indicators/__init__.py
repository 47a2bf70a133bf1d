"""The catalogue: what an indicator is, what it is related to, and what is known to move it.

Pure data, read from the dbt seeds so that SQL and Python share one truth. What does not belong
here: values of indicators, tests of them, and anything that reads the warehouse.
"""
