"""Öppna jämförelser: tables transcribed from the report, shares by kind of municipality.

The workbooks with a row for each municipality are read by `orchestration.sources.declared_table`.
"""

import re

from orchestration.sources.formats import read_measure_table
from orchestration.sources.observation import Observation, Parsed, dimensions_text
from orchestration.sources.registry import Dataset
from orchestration.sources.wide_table import Shape, read_wide_table

_COUNTRY = "Riket"
_PERCENT_YEARS = re.compile(r"[0-9]{4}")
_GENDER_MEASURES = frozenset(
    {
        "genomfort_systematisk_uppfoljning_per_kon",
        "anvant_uppfoljning_per_kon_for_utveckling",
        "individuella_moten_for_utredning_och_planering",
    }
)
_VIOLENCE_MEASURES = frozenset(
    {
        "rutin_vid_indikation_pa_vald_mot_vuxen",
        "anvander_freda_kortfragor",
        "rutin_for_skyddade_personuppgifter",
    }
)
_OPEN_COMPARISONS = (
    Shape("1", ("indikator",), _PERCENT_YEARS),
    Shape("2", ("kommungrupp",), _GENDER_MEASURES),
    Shape("3", ("kommungrupp_kod", "kommungrupp"), _VIOLENCE_MEASURES),
)
_GROUP_TYPES = {"2": "storlek", "3": "skr"}
_SURVEY_YEAR = "2020"


def parse(content: bytes, dataset: Dataset) -> Parsed:
    """Read tables 1 to 3, or what the document says in its text (response rates, 2019 levels).

    Args:
        content: The table, UTF-8, comma-separated.
        dataset: What it is said to be.

    Returns:
        One observation a cell, no notes.

    Raises:
        SourceFormatError: If it is none of the tables, ragged or cut.
    """
    first_line = content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    if first_line.rstrip(b"\r") == "mått,period,värde".encode():
        table = "svarsfrekvens" if b"Svarsfrekvens" in content else "text"
        group = {"grupptyp": "riket", "kommungrupp": _COUNTRY, "tabell": table}
        return read_measure_table(content, dataset, _COUNTRY, group)
    shape, cells = read_wide_table(content, dataset, _OPEN_COMPARISONS)
    observations = []
    for part in cells:
        over_time = shape.table == "1"
        region = _COUNTRY if over_time else part.keys[0]
        country = region.casefold() == _COUNTRY.casefold()
        observations.append(
            Observation(
                row_number=part.line,
                dataset_id=dataset.source_id,
                series=part.keys[0] if over_time else part.column,
                region=region,
                period=part.column if over_time else _SURVEY_YEAR,
                dimensions=dimensions_text(
                    {
                        "grupptyp": "riket" if country else _GROUP_TYPES[shape.table],
                        "kommungrupp": _COUNTRY if over_time else part.keys[-1],
                        "tabell": shape.table,
                    }
                ),
                value_text=part.text,
                value=part.value,
                status=part.status,
            )
        )
    return Parsed(tuple(observations), ())
