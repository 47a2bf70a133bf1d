"""An answer that says the same as the last one is no new delivery."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.intake.fetching import fetch_statistics
from orchestration.settings import Settings
from orchestration.sources.answers import pack, unpack

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_only_other_figures_take_the_place_of_an_answer(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, profile="demo")
    fetch_statistics(settings, now=NOON)
    path = settings.fetched_dir / "kronofogden" / "kronofogden_evictions.zip"
    fetched = path.read_bytes()
    [part] = unpack(fetched) or []

    # Kronofogden says in each answer how long it took: 0 in the recordings.
    slower = part.content.replace(b'"queryTime": 0', b'"queryTime": 52298387')
    path.write_bytes(pack([replace(part, content=slower)]))
    fetch_statistics(settings, now=NOON + timedelta(days=1))
    assert slower in path.read_bytes()

    other = part.content.replace(b'"177"', b'"178"')
    assert other != part.content
    path.write_bytes(pack([replace(part, content=other)]))
    fetch_statistics(settings, now=NOON + timedelta(days=2))
    assert path.read_bytes() == fetched

    path.write_bytes(b"damaged")
    fetch_statistics(settings, now=NOON + timedelta(days=3))
    assert path.read_bytes() == fetched
