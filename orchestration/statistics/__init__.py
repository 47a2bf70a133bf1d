"""Methods of statistics that know nothing of the project: arrays in, figures out.

A module a method, with its references, held against figures that others published or printed.
Nothing here imports anything of `orchestration`: which series are tested, what is expected of them
and what a result means belong in `orchestration.deviation`; thresholds that the project has chosen
in its settings.
"""
