"""Secondary protection of large blocks: show the most wanted cell, as long as no secret follows.

The method is Gaussian elimination of secondary cell suppression (Langsrud, "Secondary cell
suppression by Gaussian elimination: an algorithm suitable for handling issues with zeros and
singletons", Privacy in Statistical Databases 2024): a secret follows from what is shown just when
its vector lies in the space that the shown ones span. That no secret follows exactly is all that it
gives; how near one can come is measured in `audit`.
"""

import numpy as np

from orchestration.disclosure.cells import Flags
from orchestration.disclosure.elimination import PRIME, clear, inverse, reduced
from orchestration.disclosure.task import Task


class RevealedError(ValueError):
    """A secret follows from what is known already: no choice of what to show hides it.

    Attributes:
        places: Of the cells.
    """

    def __init__(self, places: list[int]) -> None:
        super().__init__(f"{len(places)} secret cells follow from what is known")
        self.places = places


def released(task: Task) -> Flags:
    """Choose which cells are shown.

    Args:
        task: A block.

    Returns:
        Those that may be shown and are, shape (n,); the known ones are not among them.

    Raises:
        RevealedError: A secret follows from what is known.
    """
    vectors = reduced(task.system.equations.toarray()).null_space()
    secrets = np.flatnonzero(task.secret & ~task.known)
    taken = np.zeros(len(task.system), dtype=bool)
    for place in np.flatnonzero(task.known):
        _span(vectors, int(place))
    if len(bare := secrets[~vectors[secrets].any(axis=1)]):
        raise RevealedError(bare.tolist())
    wanted = np.flatnonzero(task.candidates)
    for place in wanted[np.argsort(task.order[wanted], kind="stable")]:
        if not _reveals(vectors, int(place), secrets):
            taken[place] = True
            _span(vectors, int(place))
    return taken


def _reveals(vectors: np.ndarray, place: int, secrets: np.ndarray) -> bool:
    """Whether a secret is a multiple of a cell's vector, beside what is shown."""
    vector = vectors[place]
    wide = np.flatnonzero(vector)
    if not len(wide):
        # Known from the others, so that showing it tells nothing more.
        return False
    column = wide[0]
    near = secrets[vectors[secrets, column] != 0]
    if not len(near):
        return False
    factors = vectors[near, column] * inverse(int(vector[column])) % PRIME
    left = (vectors[near] - factors[:, None] * vector[None, :] % PRIME) % PRIME
    return bool((~left.any(axis=1)).any())


def _span(vectors: np.ndarray, place: int) -> None:
    """Let a cell be known: what it tells is taken out of every cell's vector."""
    vector = vectors[place]
    wide = np.flatnonzero(vector)
    if len(wide):
        column = int(wide[0])
        pivot = vector * inverse(int(vector[column])) % PRIME
        clear(vectors, pivot, column)
