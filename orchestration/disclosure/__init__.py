"""Disclosure control: which figures may be shown so that no small one can be worked out.

Works on cells and the sums that hold between them, whatever table they stand in: arrays in, which
cells are shown out. No database and no Dagster. What counts as small, which sums there are and what
a released table looks like are said by whoever asks; how a figure is printed belongs in `language`.
"""
