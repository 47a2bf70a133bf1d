"""A home of several municipalities: each has its own part, and none can be taken for another."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from orchestration.intake.municipalities import (
    municipalities_of,
    neighbours,
    of_no_municipality,
)
from orchestration.intake.receiving import retention_days
from orchestration.registers.municipality import (
    MunicipalityError,
    load_municipality,
    municipality_path,
)
from orchestration.settings import Settings

OWN_PLACES = (
    "inbox_dir",
    "landing_dir",
    "fetched_dir",
    "profile_file",
    "state_dir",
    "warehouse_path",
    "published_dir",
    "delivery_reports_dir",
    "dagster_home",
    "served_file",
    "dbt_target_dir",
    "key_file",
    "notices",
    "rewriting_dir",
)


def describe(files: Path, code: str, more: str = "") -> None:
    files.mkdir(exist_ok=True)
    text = municipality_path(Settings()).read_text(encoding="utf-8")
    (files / f"{code}.yml").write_text(text.replace("0180", code) + more, encoding="utf-8")


@pytest.fixture
def several(tmp_path: Path) -> Settings:
    files = tmp_path / "kommuner"
    for code in ("0180", "1480", "1715"):
        describe(files, code)
    return Settings(home=tmp_path / "home", municipality="1480", municipality_file=files)


def test_each_has_its_own_places_and_shares_none(several: Settings) -> None:
    found = municipalities_of(several)
    assert [each.municipality for each in found] == ["0180", "1480", "1715"]
    assert [each.municipality for each in neighbours(several)] == ["0180", "1715"]
    for name in OWN_PLACES:
        assert len({getattr(each, name) for each in found}) == 3, name
        assert all(each.municipality in getattr(each, name).parts for each in found), name
    assert several.inbox_dir == several.home / "inbox" / "1480"
    assert [load_municipality(each).code for each in found] == ["0180", "1480", "1715"]


def test_a_past_moment_has_no_neighbours(several: Settings) -> None:
    past = Settings(**several.model_dump(exclude_unset=True) | {"as_of": "2026-03-01"})
    assert past.state_dir == several.own_home / "as_of" / "2026-03-01"
    assert past.landing_dir == several.landing_dir
    assert neighbours(past) == []


def test_a_home_of_one_has_everything_where_it_was(tmp_path: Path) -> None:
    describe(tmp_path, "1480")
    one = Settings(home=tmp_path, municipality="1480", municipality_file=tmp_path / "1480.yml")
    assert municipalities_of(one) == [one]
    assert neighbours(one) == []
    assert of_no_municipality(one) == []
    for name in OWN_PLACES:
        assert "1480" not in getattr(one, name).relative_to(tmp_path).parts, name
    assert one.inbox_dir == tmp_path / "inbox"
    assert one.key_file == tmp_path / "keys" / "pseudonym.key"


def test_keys_may_lie_in_a_directory_of_their_own(several: Settings, tmp_path: Path) -> None:
    keys = [
        each.model_copy(update={"pseudonym_key_file": tmp_path}).key_file.name
        for each in municipalities_of(several)
    ]
    assert keys == ["0180.key", "1480.key", "1715.key"]


@pytest.mark.parametrize(
    "given", [{"pseudonym_key": SecretStr("x" * 40)}, {"municipality_name": "Vi"}]
)
def test_what_only_one_municipality_can_have_is_refused(
    several: Settings, given: dict[str, object]
) -> None:
    [name] = given
    with pytest.raises(MunicipalityError, match=f"AVVIK_{name.upper()} .*Gör så här: ta bort"):
        load_municipality(several.model_copy(update=given))
    files = several.municipality_files
    assert files is not None
    one = several.model_copy(update=given | {"municipality_file": files / "1480.yml"})
    assert load_municipality(one).code == "1480"


def test_one_without_a_file_is_refused(several: Settings) -> None:
    with pytest.raises(MunicipalityError, match=r"Kommun 2480 har ingen kommunfil .* 2480\.yml"):
        load_municipality(several.model_copy(update={"municipality": "2480"}))


def test_a_file_must_be_of_the_municipality_that_it_is_named_after(several: Settings) -> None:
    files = several.municipality_files
    assert files is not None
    (files / "2480.yml").write_bytes((files / "1480.yml").read_bytes())
    with pytest.raises(MunicipalityError, match="gäller kommun 1480"):
        load_municipality(several.model_copy(update={"municipality": "2480"}))


def test_what_belongs_to_none_is_told_and_left(several: Settings) -> None:
    files = several.municipality_files
    assert files is not None
    assert of_no_municipality(several) == []
    (files / "goteborg.yml").touch()
    (files / "LÄSMIG.txt").touch()
    for name in ("1480", "2480", "vald_arenden", ".pågår"):
        (several.whole_inbox_dir / name).mkdir(parents=True)
    told = of_no_municipality(several)
    assert [sentence.split(" ")[0] for sentence in told] == ["2480", "vald_arenden", "Kommunfilen"]
    assert "goteborg.yml" in told[2]
    assert all("Gör så här: " in sentence for sentence in told)


@pytest.mark.parametrize("code", ["../0180", "180", "01800", "0180\n", "０１８０", ""])
def test_a_code_is_four_digits_and_no_path(code: str) -> None:
    with pytest.raises(ValidationError):
        Settings(municipality=code)


def test_a_municipality_may_have_its_own_retention(several: Settings) -> None:
    files = several.municipality_files
    assert files is not None
    describe(files, "1715", "retention_days: 365\nsuperseded_days: 30\n")
    decided = several.model_copy(update={"retention_days": 730})
    days = {each.municipality: retention_days(each) for each in municipalities_of(decided)}
    assert days == {"0180": 730, "1480": 730, "1715": 365}
    assert retention_days(several) is None
    own = several.model_copy(update={"municipality": "1715"})
    assert load_municipality(own).superseded_days == 30
