"""A past moment: how it is written, where what is built of it lies. Secrets: that none shows."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestration.settings import Settings


@pytest.mark.parametrize(
    ("written", "moment", "directory"),
    [
        # Sweden is one hour ahead of UTC in winter and two in summer.
        ("2026-03-01", datetime(2026, 3, 1, 22, 59, 59, 999999, UTC), "2026-03-01"),
        ("2026-07-01", datetime(2026, 7, 1, 21, 59, 59, 999999, UTC), "2026-07-01"),
        # The night to 29 March has 23 hours.
        ("2026-03-28", datetime(2026, 3, 28, 22, 59, 59, 999999, UTC), "2026-03-28"),
        ("2026-03-29", datetime(2026, 3, 29, 21, 59, 59, 999999, UTC), "2026-03-29"),
        ("2026-03-01T03:30", datetime(2026, 3, 1, 2, 30, tzinfo=UTC), "2026-03-01T023000Z"),
        ("2026-03-01T02:30:00Z", datetime(2026, 3, 1, 2, 30, tzinfo=UTC), "2026-03-01T023000Z"),
        ("2026-03-01T023000Z", datetime(2026, 3, 1, 2, 30, tzinfo=UTC), "2026-03-01T023000Z"),
        ("20260301", datetime(2026, 3, 1, 22, 59, 59, 999999, UTC), "2026-03-01"),
        (date(2026, 3, 1), datetime(2026, 3, 1, 22, 59, 59, 999999, UTC), "2026-03-01"),
    ],
)
def test_a_past_moment_is_a_day_or_a_time(
    tmp_path: Path, written: object, moment: datetime, directory: str
) -> None:
    settings = Settings.model_validate({"home": tmp_path, "as_of": written})
    assert settings.as_of == moment
    assert settings.moment() == moment
    assert settings.state_dir == tmp_path / "as_of" / directory


@pytest.mark.parametrize("written", ["igår", "2026-3-1", "2026-02-30", "2026-03-01T25:00"])
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"as_of": written})


def test_a_past_moment_shares_what_came_and_nothing_that_is_made(tmp_path: Path) -> None:
    now = Settings(home=tmp_path)
    then = Settings.model_validate({"home": tmp_path, "as_of": "2026-03-01"})
    for shared in ("landing_dir", "key_file"):
        assert getattr(then, shared) == getattr(now, shared)
    for made in (
        "warehouse_path",
        "published_dir",
        "snapshot_path",
        "delivery_reports_dir",
        "dagster_home",
        "dbt_target_dir",
        "rewriting_dir",
    ):
        assert getattr(then, made).is_relative_to(tmp_path / "as_of" / "2026-03-01")
        assert not getattr(now, made).is_relative_to(tmp_path / "as_of")


def test_without_a_past_moment_the_clock_goes(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    assert before <= Settings(home=tmp_path).moment() <= datetime.now(UTC)


SECRETS = {
    "pseudonym_key": "zq7Hemligt-varde-som-inte-far-synas",
    "notice_webhook": "https://hooks.example/zq7Hemligt/T0",
    "proxy": "http://user:zq7Hemligt@proxy.example:8080",
}


def test_no_secret_shows_in_any_form_of_the_settings(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path, **SECRETS})
    forms = [
        repr(settings),
        str(settings),
        f"{settings}",
        repr(dict(settings)),
        str(settings.model_dump()),
        settings.model_dump_json(),
        str(vars(settings)),
        *(str(getattr(settings, name)) for name in SECRETS),
    ]
    assert [form for form in forms if "zq7" in form] == []
    shown = settings.notice_webhook
    assert shown is not None
    assert str(shown.get_secret_value()) == SECRETS["notice_webhook"]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_secret_in_the_wrong_place_does_not_show_in_the_error(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({name: {"zq7": "zq7"}, "snapshots_kept": "zq7", "as_of": "zq7"})
    assert "zq7" not in f"{refused.value} {refused.value!r}"


def test_every_address_and_key_is_a_secret() -> None:
    """A new setting of such a name is held to the same."""
    secret = {name for name, field in Settings.model_fields.items() if "Secret" in str(field)}
    telling = re.compile("key$|token|password|secret|webhook|proxy")
    assert secret == {name for name in Settings.model_fields if telling.search(name)}
