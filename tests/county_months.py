"""A real series: households with assistance in Dalarnas län by month, as Socialstyrelsen has them.

December 2016 is unknown, and January and February of 2017 lack a fourth of the households.
"""

from pathlib import Path

import numpy as np
from python_calamine import CalamineWorkbook

from orchestration.statistics.arrays import FloatArray

FIRST_YEAR = 2014
_WORKBOOK = (
    Path(__file__).parents[1]
    / "orchestration/demo/recorded/socialstyrelsen/ekb_manad_dalarnas_lan_2025_01_31.xlsx"
)


def dalarna() -> FloatArray:
    """Households by year from 2014 and month, (11, 12); nan is unknown."""
    sheet = CalamineWorkbook.from_path(_WORKBOOK).get_sheet_by_index(0).to_python()
    values = [row[2] for row in sheet if str(row[0]).isdigit()]
    known = [float(value) if isinstance(value, float) else np.nan for value in values]
    return np.array(known).reshape(-1, 12)
