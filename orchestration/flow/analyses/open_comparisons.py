"""Öppna jämförelser: what the units answered in each group, and what is printed of the groups."""

from orchestration.analyses import open_comparisons
from orchestration.analyses.open_comparisons import Groups
from orchestration.findings.marts import OPEN_COMPARISONS
from orchestration.flow.analyses import Analysis
from orchestration.flow.estimates import Computed, analysis_step
from orchestration.flow.grains import Reader
from orchestration.flow.step import Work
from orchestration.reporting.sections import open_comparisons as section

_COUNTS = (
    *("previous_year", "units", "answered", "said_yes", "previous_units", "previous_answered"),
    *("previous_said_yes", "gained", "lost"),
)
_FLAGS = ("is_break", "is_of_municipality")
# A share that is printed may have no answers behind it, and answers no printed share.
_GROUPS = f"""
select
    indicator_id,
    year,
    group_type,
    group_code,
    coalesce(counted.group_name, published.group_name) as group_name,
    {", ".join(f"coalesce({name}, 0) as {name}" for name in _COUNTS)},
    {", ".join(f"coalesce({name}, false) as {name}" for name in _FLAGS)},
    coalesce(matched_units, 0) as matched,
    published.share as published_share
from intermediate.int_open_comparison_groups as counted
full join intermediate.int_open_comparison_published as published
    using (indicator_id, year, group_type, group_code)
"""


def read_groups(reader: Reader) -> Groups:
    """Every group of every survey.

    Raises:
        TooManyRowsError: There are more than Python takes.
    """
    coded = ("indicator_id", "group_type", "group_code", "group_name")
    grain = reader.read(
        _GROUPS,
        ["year", "matched", *_COUNTS, *_FLAGS, "published_share"],
        coded=coded,
        order="year, indicator_id, group_type, group_code",
    )
    codes, names = reader.names["group_code"], reader.names["group_name"]
    pairs = zip(grain.whole("group_code"), grain.whole("group_name"), strict=True)
    return Groups(
        indicator=grain.whole("indicator_id"),
        kind=grain.whole("group_type"),
        group=grain.whole("group_code"),
        year=grain.whole("year"),
        is_break=grain.true("is_break"),
        of_municipalities=grain.true("is_of_municipality"),
        published=grain.real("published_share"),
        indicators=reader.names["indicator_id"],
        kinds=reader.names["group_type"],
        codes=codes,
        names={codes[code]: names[name] for code, name in pairs},
        **{name: grain.whole(name) for name in ("matched", *_COUNTS)},
    )


def _compute(work: Work, year: int) -> Computed:
    groups = read_groups(Reader(work.connection, work.settings.municipality))
    return Computed(
        open_comparisons.analyse(year, groups),
        {OPEN_COMPARISONS: open_comparisons.comparisons(groups)},
    )


ANALYSIS = Analysis(
    analysis_id=open_comparisons.ANALYSIS,
    step=analysis_step(
        open_comparisons.ANALYSIS,
        title_sv="Räknar Öppna jämförelser",
        part_sv="analys: Öppna jämförelser",
        reads=(
            "intermediate.int_open_comparison_groups",
            "intermediate.int_open_comparison_published",
        ),
        compute=_compute,
        further=(OPEN_COMPARISONS,),
    ),
    blocks=section.blocks,
)
