"""What columns rest on is read from a file, and a file that says it badly is refused."""

from pathlib import Path

import pytest

from orchestration.disclosure.derived import DerivedError, read_derived

GOOD = """
tables:
  marts.a:
    rests_on: vad raden gäller
    keys: [id]
    figures:
      - columns: [n, share]
        rests_on: radens antal
        counts: [r.n]
        whole: [id]
    status: status
    withheld: [secret]
"""


def written(directory: Path, text: str) -> Path:
    path = directory / "derived.yml"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_column_that_is_shown_has_what_it_rests_on(tmp_path: Path) -> None:
    [declared] = read_derived(written(tmp_path, GOOD)).values()
    assert dict(declared.rests()) == {
        "id": "vad raden gäller",
        "status": "vad raden gäller",
        "n": "radens antal",
        "share": "radens antal",
    }
    assert set(declared.columns) == {"id", "status", "n", "share", "secret"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("keys: [id]", "keys: [id, n]"), "nämner en kolumn två gånger"),
        (GOOD.replace("        rests_on: radens antal\n", ""), "har ett värde som inte går"),
        (GOOD.replace("counts:", "count:"), "har ett värde som inte går"),
        (GOOD + "  marts.a:\n    rests_on: x\n    keys: []\n", "en nyckel står två gånger"),
        ("tables: [", "är inte YAML"),
        ("{}", "har ett värde som inte går"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_of(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DerivedError, match=f"{fault}.*Gör så här: rätta"):
        read_derived(written(tmp_path, text))
    with pytest.raises(DerivedError, match="går inte att läsa"):
        read_derived(tmp_path / "saknas.yml")


def test_the_packaged_file_says_of_persons_what_hides_them() -> None:
    declared = read_derived()
    assert len(declared) > 30
    # Whatever holds counts of persons is judged by them, or by the cells that it rests on.
    judged = {
        name
        for name, table in declared.items()
        if not table.row.always or not all(each.always for each in table.figures)
    }
    assert {
        *("marts.indicator_values", "marts.deviations", "marts.equality", "marts.refusals"),
        *("marts.child_case_funnel", "marts.housing_support", "marts.protected_housing"),
        *("marts.analysis_results", "marts.board_standardised", "marts.series_charts"),
    } <= judged
