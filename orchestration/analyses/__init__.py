"""The documents' analyses, a module each: typed arrays in, estimates out, and nothing else.

A function reads a modelled grain that dbt has made (its docstring says which) and gives records of
`orchestration.findings.estimates`. No SQL, no step and no Swedish: the models are in the dbt
project, the steps in `orchestration.flow.analyses`, the words in `orchestration.language`.
"""
