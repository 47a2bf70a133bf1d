"""Secondary protection of large blocks: show the most wanted cell, as long as no secret follows.

The method is Gaussian elimination of secondary cell suppression (Langsrud, "Secondary cell
suppression by Gaussian elimination: an algorithm suitable for handling issues with zeros and
singletons", Privacy in Statistical Databases 2024): a secret follows from what is shown just when
its vector lies in the space that the shown ones span. That no secret follows exactly is all that it
gives; how near one can come is measured in `audit`.
"""

import numpy as np
import scipy.sparse as sp

from orchestration.disclosure.cells import Flags, Integers
from orchestration.disclosure.elimination import PRIME, clear, inverse, open_directions
from orchestration.disclosure.task import Task


class RevealedError(ValueError):
    """A secret follows from what is known already: no choice of what to show hides it.

    Attributes:
        places: Of the cells.
    """

    def __init__(self, places: list[int]) -> None:
        super().__init__(f"{len(places)} secret cells follow from what is known")
        self.places = places


def released(task: Task, basis: Integers | None = None) -> Flags:
    """Choose which cells are shown.

    Args:
        task: A block.
        basis: What its sums leave open of all its cells, where that is found already.

    Returns:
        Those that may be shown and are, shape (n,); the known ones are not among them.

    Raises:
        RevealedError: A secret follows from what is known.
    """
    unknown = np.flatnonzero(~task.known)
    # A line for each cell that anything is asked about, and no other.
    asked = (task.candidates | task.secret)[unknown]
    places = unknown[asked]
    if basis is None or task.known.any():
        basis = open_directions(sp.csr_array(task.system.equations[:, unknown]))
    vectors = basis[asked]
    secrets = np.flatnonzero(task.secret[places])
    if len(bare := secrets[~vectors[secrets].any(axis=1)]):
        raise RevealedError(places[bare].tolist())
    taken = np.zeros(len(task.system), dtype=bool)
    wanted = np.flatnonzero(task.candidates[places])
    for own in wanted[np.argsort(task.order[places[wanted]], kind="stable")].tolist():
        if _shown(vectors, own, secrets):
            taken[places[own]] = True
    return taken


def _shown(vectors: Integers, own: int, secrets: Integers) -> bool:
    """Show a cell unless a secret is a multiple of its vector, beside what is shown.

    Args:
        vectors: Of all cells; where it is shown, what it tells is taken out of each, in place.
        own: Which cell.
        secrets: Which are secret.

    Returns:
        Whether it is shown.
    """
    vector = vectors[own]
    wide = np.flatnonzero(vector)
    if not len(wide):
        # Known from the others, so that showing it tells nothing more.
        return True
    column = int(wide[0])
    pivot = vector[wide] * inverse(int(vector[column])) % PRIME
    near = secrets[vectors[secrets, column] != 0]
    if len(near):
        of_near = vectors[near]
        factors = of_near[:, column].copy()
        of_near[:, wide] = (of_near[:, wide] - factors[:, None] * pivot % PRIME) % PRIME
        if not of_near.any(axis=1).all():
            return False
    full = np.zeros_like(vector)
    full[wide] = pivot
    clear(vectors, full, column)
    return True
