"""Two municipalities in one home, each published, against each alone: every table of both.

    pytest tests/benchmarks/bench_municipalities.py -s

Both have the same boards, persons, case numbers and pseudonym key; the other lacks a register and a
year. Four runs of a small city: too long for every day, where one run and the intake stand for it.
"""

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from orchestration.demo.city import write_city
from orchestration.registers.municipality import municipality_path
from orchestration.settings import Settings
from tests.benchmarks.tables import say
from tests.same_tables import compared

SCALE = 0.02
FIRST, OTHER = "0180", "1480"
# What a run notes of itself: which inputs it saw, with fingerprints of when they came.
_OF_THE_RUN = {"meta.built_from", "meta.validation_results"}


def test_each_is_published_as_it_is_alone(tmp_path: Path) -> None:
    files = tmp_path / "kommuner"
    files.mkdir()
    described = municipality_path(Settings()).read_text(encoding="utf-8")
    several = Settings(home=tmp_path / "several", municipality_file=files)
    alone = {}
    for code in (FIRST, OTHER):
        file = files / f"{code}.yml"
        file.write_text(described.replace(FIRST, code), encoding="utf-8")
        alone[code] = Settings(home=tmp_path / code, municipality=code, municipality_file=file)
    write_city(alone[FIRST].inbox_dir, scale=SCALE)
    shutil.copytree(alone[FIRST].inbox_dir, alone[OTHER].inbox_dir)
    shutil.rmtree(alone[OTHER].inbox_dir / "familjeratt_arenden")
    (alone[OTHER].inbox_dir / "avhysningar_barn" / "avhysningar_barn_2023.csv").unlink()
    key = secrets.token_hex(32)
    for code, own in alone.items():
        part = several.model_copy(update={"municipality": code})
        shutil.copytree(own.inbox_dir, part.inbox_dir)
        for settings in (own, part):
            settings.key_file.parent.mkdir(parents=True, mode=0o700)
            settings.key_file.write_text(f"{key}\n", encoding="utf-8")
            settings.key_file.chmod(0o600)
    for code, own in alone.items():
        _publish(own)
        _publish(several.model_copy(update={"municipality": code}))
    facts = []
    for code, own in alone.items():
        part = several.model_copy(update={"municipality": code})
        different, counts = compared(own.warehouse_path, part.warehouse_path)
        assert different.keys() <= _OF_THE_RUN, (code, different)
        same = len(counts) - len(different)
        say(f"{code}: {same} av {len(counts)} tabeller lika, {sum(counts.values())} rader")
        assert counts["marts.indicator_values"] > 10_000
        facts.append(counts)
    assert facts[0] != facts[1]


def _publish(settings: Settings) -> None:
    """Run `avvik run` for a municipality, as its operator does."""
    typed = ["run", "--home", str(settings.home), "--municipality", settings.municipality]
    environment = {
        **os.environ,
        "AVVIK_MUNICIPALITY_FILE": str(settings.municipality_file),
        "AVVIK_SETTLE_SECONDS": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", *typed],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
