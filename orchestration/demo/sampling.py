"""Random choices that hit exact totals, for the synthetic city.

Only numbers go in and out; what they stand for belongs in the modules that use this one.
"""

import zlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Days = NDArray[np.int64]
"""Days since 1970-01-01."""

NO_DAY = np.iinfo(np.int64).min
"""A missing day; also how numpy stores a missing date."""

_MONDAY_SHIFT = 3
_SATURDAY = 5
_SUNDAY = 6


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that one register does not disturb another.

    Args:
        seed: The city's seed.
        purpose: What the numbers are for.

    Returns:
        A generator that depends on both.
    """
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def scaled(count: float, scale: float) -> int:
    """A count in a smaller city: rounded, and at least one if it was."""
    return max(int(count > 0), round(count * scale))


def apportion(total: int, weights: ArrayLike) -> Ints:
    """Share out a whole number by largest remainder (Hamilton's method).

    Args:
        total: What is shared out; not negative.
        weights: Non-negative weights, shape (n,), not all zero.

    Returns:
        Whole numbers with the sum `total`, shape (n,).
    """
    shares = np.asarray(weights, dtype=np.float64)
    shares = shares / shares.sum() * total
    whole: Ints = np.floor(shares).astype(np.int64)
    order = np.argsort(whole - shares, kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def wobble(rng: np.random.Generator, weights: ArrayLike, log_sd: float = 0.006) -> Floats:
    """Weights moved a little, never by more than two standard deviations of their logarithm."""
    base = np.asarray(weights, dtype=np.float64)
    noise = np.clip(rng.normal(0.0, log_sd, base.shape), -2 * log_sd, 2 * log_sd)
    return base * np.exp(noise)


def round_table(table: Floats, rows: Ints, columns: Ints) -> Ints:
    """Fit a table to both margins in whole numbers.

    Iterative proportional fitting (Deming and Stephan 1940), then the largest fractions are
    rounded up where both margins still lack something.

    Args:
        table: Positive starting values, shape (r, c).
        rows: Row sums, shape (r,).
        columns: Column sums, shape (c,), with the same total.

    Returns:
        Whole numbers with exactly these margins, shape (r, c).
    """
    fitted = table.astype(np.float64)
    for _ in range(200):
        fitted *= (rows / np.maximum(fitted.sum(axis=1), 1e-12))[:, None]
        fitted *= (columns / np.maximum(fitted.sum(axis=0), 1e-12))[None, :]
    whole = np.floor(np.minimum(fitted, rows[:, None])).astype(np.int64)
    # Rounding noise may have put a column one above its sum.
    for j in np.flatnonzero(whole.sum(axis=0) > columns):
        whole[np.argmax(whole[:, j]), j] -= whole[:, j].sum() - columns[j]
    for i in np.flatnonzero(whole.sum(axis=1) > rows):
        whole[i, np.argmax(whole[i])] -= whole[i].sum() - rows[i]
    fraction = fitted - whole
    row_rest, column_rest = rows - whole.sum(axis=1), columns - whole.sum(axis=0)
    while row_rest.any():
        open_cells = np.where((row_rest[:, None] > 0) & (column_rest[None, :] > 0), fraction, -9.0)
        i, j = np.unravel_index(int(np.argmax(open_cells)), open_cells.shape)
        whole[i, j] += 1
        fraction[i, j] -= 1
        row_rest[i] -= 1
        column_rest[j] -= 1
    return whole


def rank_within(groups: Ints, keys: Floats) -> Ints:
    """Rank from 0 within each group, smallest key first.

    Args:
        groups: Group of each element, shape (n,).
        keys: What is ranked, shape (n,).

    Returns:
        Ranks, shape (n,).
    """
    order = np.lexsort((keys, groups))
    sorted_groups = groups[order]
    starts = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    lengths = np.diff(np.r_[starts, len(groups)])
    ranks = np.empty(len(groups), dtype=np.int64)
    ranks[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return ranks


def happens(rng: np.random.Generator, probability: float | Floats, count: int) -> Flags:
    """Whether something happens, for each of `count` cases on its own.

    Args:
        rng: Source of randomness.
        probability: One for all, or one for each case, shape (count,).
        count: How many cases.

    Returns:
        Flags, shape (count,).
    """
    return np.asarray(rng.random(count) < probability, dtype=np.bool_)


def exactly(rng: np.random.Generator, probability: Floats, total: int) -> Flags:
    """Whether something happens, each case on its own, but so many in all.

    Args:
        rng: Source of randomness.
        probability: One for each case, shape (n,), with a sum near `total`.
        total: How many happen; at most n.

    Returns:
        Flags with the sum `total`, shape (n,).
    """
    found = happens(rng, probability, len(probability))
    over = int(found.sum()) - total
    if over > 0:
        found[rng.permutation(np.flatnonzero(found))[:over]] = False
    elif over < 0:
        left = np.flatnonzero(~found)
        found[left[pick(rng, -over, probability[left] + 1e-12)]] = True
    return found


def evenly(rng: np.random.Generator, probability: Floats, strata: Ints) -> Flags:
    """Whether something happens, with hardly any chance in how often it does.

    Systematic sampling: each case has its own probability, and in every stratum as many happen as
    the probabilities add up to, give or take one. So a share moves between years because its
    causes do, not by lot.

    Args:
        rng: Source of randomness.
        probability: One for each case, shape (n,).
        strata: Group of each case, shape (n,).

    Returns:
        Flags, shape (n,).
    """
    order = np.lexsort((rng.random(len(strata)), strata))
    edges = np.cumsum(probability[order]) + rng.random()
    found = np.zeros(len(strata), dtype=np.bool_)
    found[order] = np.floor(edges) > np.floor(edges - probability[order])
    return found


def deal(rng: np.random.Generator, weights: ArrayLike, count: int) -> Ints:
    """Deal out codes in fixed proportions and random order.

    Args:
        rng: Source of randomness.
        weights: Weight of each code, shape (k,).
        count: How many to deal.

    Returns:
        Codes from 0 to k-1, shape (count,).
    """
    counts = apportion(count, weights)
    return rng.permutation(np.repeat(np.arange(len(counts)), counts))


def pick(rng: np.random.Generator, count: int, weights: ArrayLike) -> Ints:
    """Pick `count` different positions, more often where the weight is larger (Gumbel top-k).

    Args:
        rng: Source of randomness.
        count: How many; at most the number of positive weights.
        weights: Non-negative weights, shape (n,).

    Returns:
        Positions in ascending order, shape (count,).
    """
    given = np.asarray(weights, dtype=np.float64)
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    with np.errstate(divide="ignore"):
        keys = np.log(given) + rng.gumbel(size=given.shape)
    return np.sort(np.argpartition(-keys, count - 1)[:count]).astype(np.int64)


def choose(rng: np.random.Generator, weights: ArrayLike, count: int) -> Ints:
    """Draw codes with replacement.

    Args:
        rng: Source of randomness.
        weights: Weight of each code, shape (k,).
        count: How many to draw.

    Returns:
        Codes from 0 to k-1, shape (count,).
    """
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.searchsorted(edges / edges[-1], rng.random(count), side="right").astype(np.int64)


def choose_by_row(rng: np.random.Generator, weights: Floats) -> Ints:
    """Draw one code for each row of weights.

    Args:
        rng: Source of randomness.
        weights: Weights, shape (n, k).

    Returns:
        Codes from 0 to k-1, shape (n,).
    """
    edges = np.cumsum(weights, axis=1)
    draws = rng.random(len(weights)) * edges[:, -1]
    return np.asarray((edges <= draws[:, None]).sum(axis=1), dtype=np.int64)


def spread(rng: np.random.Generator, values: Ints, total: int, low: int, high: int) -> Ints:
    """Move whole numbers by single steps until they have a given sum.

    Args:
        rng: Source of randomness.
        values: Starting values, shape (n,).
        total: The wanted sum; must be reachable within the limits.
        low: Smallest value a step may lead to.
        high: Largest value a step may lead to.

    Returns:
        The moved values, shape (n,).

    Raises:
        ValueError: If the sum cannot be reached within the limits.
    """
    moved = values.copy()
    missing = total - int(moved.sum())
    step = 1 if missing > 0 else -1
    while missing:
        movable = np.flatnonzero(moved < high if step > 0 else moved > low)
        if not len(movable):
            raise ValueError(f"{total} cannot be reached between {low} and {high}")
        chosen = rng.permutation(movable)[: abs(missing)]
        moved[chosen] += step
        missing -= step * len(chosen)
    return moved


def day(text: str) -> int:
    """Days since 1970-01-01 of an ISO date."""
    return int(np.datetime64(text, "D").astype(np.int64))


def first_day(year: int) -> int:
    """Days since 1970-01-01 of 1 January."""
    return day(f"{year}-01-01")


def last_day(year: int) -> int:
    """Days since 1970-01-01 of 31 December."""
    return first_day(year + 1) - 1


def month_index(days: Days) -> Ints:
    """Months since January 1970 of each day."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_start(months: Ints) -> Days:
    """First day of each month, given as months since January 1970."""
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def year_of(days: Days) -> Ints:
    """Calendar year of each day."""
    years: Ints = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    years += 1970
    return years


def on_weekday(days: Days) -> Days:
    """Saturdays become Fridays and Sundays Mondays."""
    weekday = (days + _MONDAY_SHIFT) % 7
    moved: Days = days + (weekday == _SUNDAY) - (weekday == _SATURDAY)
    return moved


def days_in_year(rng: np.random.Generator, year: int, count: int) -> Days:
    """Working days of a year, evenly spread apart from a quieter July.

    Args:
        rng: Source of randomness.
        year: The calendar year.
        count: How many days.

    Returns:
        Days within the year, ascending; no month without one where there are a few dozen, shape
        (count,).
    """
    days = np.arange(first_day(year) + 1, last_day(year))
    july = (days >= day(f"{year}-07-01")) & (days < day(f"{year}-08-01"))
    edges = np.cumsum(np.where(july, 0.8, 1.0))
    places = (np.arange(count) + rng.random(count)) / count * edges[-1]
    return np.sort(on_weekday(days[np.searchsorted(edges, places, side="right")]))
