"""Labels are renumbered as numpy's own unique does it, whatever they are."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestration.statistics.labels import combined, distinct, first_rows

#: Small codes, negative ones for what is not known, and keys that reach far beyond the rows.
_LABELS = st.one_of(st.integers(-2, 9), st.integers(-(10**12), 10**12))


@given(st.lists(_LABELS, max_size=60))
@example([])
@example([5])
@example([-1, 10**15, -1])
def test_labels_that_occur_and_their_places_are_those_of_numpy(values: list[int]) -> None:
    labels = np.array(values, dtype=np.int64)
    found, place = distinct(labels)
    known, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    assert found.tolist() == known.tolist()
    assert place.tolist() == inverse.tolist()
    assert first_rows(place).tolist() == first.tolist()


@given(st.lists(st.tuples(_LABELS, _LABELS, st.integers(0, 2)), min_size=1, max_size=40))
def test_several_columns_are_numbered_in_the_order_of_their_rows(
    rows: list[tuple[int, ...]],
) -> None:
    table = np.array(rows, dtype=np.int64)
    assert combined(table.T).tolist() == [sorted(set(rows)).index(row) for row in rows]


def test_no_column_has_no_labels() -> None:
    with pytest.raises(ValueError, match="no column"):
        combined([])
