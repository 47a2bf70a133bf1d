"""Avvik: finds what deviates in a city's social services.

`definitions`, `assets`, `checks`, `automation` and `resources` are the thin Dagster layer; `cli` is
the door for people; every other package is plain Python and never imports Dagster. Nothing is done
here but what must be before numpy is loaded.
"""

import os

# The matrices here are many and narrow. OpenBLAS, which numpy's wheels carry, would share each out
# among all cores, and the threads spend more time waiting for each other than they save: the
# analyses of a small city take 2 seconds of computing with one and 13 with two.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
