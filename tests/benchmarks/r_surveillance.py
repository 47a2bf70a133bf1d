"""R's surveillance beside the engine, on the same months in the same run.

R need not be there: `peer` then gives None, and nothing else here is asked for.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orchestration.statistics.arrays import BoolArray, FloatArray

_SCRIPT = """
suppressMessages(library(surveillance))
arguments <- commandArgs(TRUE)
y <- t(as.matrix(read.csv(arguments[1], header = FALSE)))
months <- as.integer(arguments[3])
made <- sts(y, start = c(2014, 1), frequency = 12)
settings <- list(range = (nrow(y) - months + 1):nrow(y), b = 5, w = 1, noPeriods = 4,
                 pastWeeksNotIncluded = 3, thresholdMethod = "nbPlugin", pThresholdTrend = 1,
                 alpha = 0.05, glmWarnings = FALSE)
spent <- system.time(found <- farringtonFlexible(made, settings))
write.table(cbind(upperbound(found), alarms(found)), arguments[2], sep = ",",
            row.names = FALSE, col.names = FALSE, na = "nan")
cat(spent[["user.self"]] + spent[["sys.self"]], as.character(packageVersion("surveillance")))
"""


@dataclass(frozen=True, eq=False)
class Peer:
    """What R said of the last months of some series.

    Attributes:
        version: of the package.
        seconds: of processor time, without starting R, reading and writing.
        upper: (S, M), upper bounds at a one-sided 5 %.
        alarm: (S, M).
    """

    version: str
    seconds: float
    upper: FloatArray
    alarm: BoolArray

    @property
    def milliseconds(self) -> float:
        """Processor time of one month of one series."""
        return 1000.0 * self.seconds / self.upper.size


def peer(counts: FloatArray, months: int) -> Peer | None:
    """Let R's farringtonFlexible judge the last months.

    Args:
        counts: (S, T).
        months: how many of the last.

    Returns:
        None where there is no R with the package.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data, script, found = (Path(folder) / name for name in ("y.csv", "run.R", "found.csv"))
        np.savetxt(data, counts, delimiter=",", fmt="%d")
        script.write_text(_SCRIPT, encoding="utf-8")
        done = subprocess.run(
            [rscript, str(script), str(data), str(found), str(months)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            return None
        both = np.loadtxt(found, delimiter=",", ndmin=2).T
    seconds, version = done.stdout.split()
    series = counts.shape[0]
    return Peer(version, float(seconds), both[:series], both[series:] == 1)
