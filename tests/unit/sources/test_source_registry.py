"""The registry of public statistics is complete; its recorded deliveries are there and parse."""

import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.registry import (
    Dataset,
    Recording,
    datasets_of,
    load_registry,
    recorded_files,
)

PLANNED = {
    "scb_population_month": False,
    "scb_population_year": True,
    "scb_population_year_ckm": True,
    "scb_households": True,
    "scb_cpi_housing_food": True,
    "scb_real_disposable_income": True,
    "bra_reported_crimes_year": False,
    "bra_reported_crimes_month": False,
    "bra_reported_ipv_crimes": True,
    "bra_reported_ipv_crimes_month": True,
    "kronofogden_debtors": False,
    "kolada_assistance": True,
    "kolada_child_placements": True,
    "kolada_violence": True,
    "kolada_housing_support": True,
    "kolada_evictions_debt": True,
    "kolada_homelessness": True,
    "kolada_population": True,
    "kronofogden_debt": True,
    "kronofogden_long_term_debtors": True,
    "kronofogden_debt_relief": True,
    "kronofogden_evictions": True,
    "kronofogden_evictions_national": False,
    "socialstyrelsen_homelessness": False,
    "kronofogden_evictions_index": True,
    "socialstyrelsen_assistance_monthly": False,
    "socialstyrelsen_assistance_county": False,
    "socialstyrelsen_assistance_norm": True,
    "socialstyrelsen_open_comparisons_2020": False,
    "socialstyrelsen_open_comparison_answers": True,
    "stockholm_yearbook": False,
}
FEEDS = {
    "price_housing_food",
    "real_disposable_income",
    "reported_ipv_crimes",
    "reported_gross_violence_women",
    "debt_total",
    "debt_median",
    "debt_relief_applications",
    "evictions_enforced",
    "assistance_norm",
    "oj_response_rate_general",
    "oj_response_rate_assistance",
    "oj_freda_short_questions",
    "oj_routine_adult_violence",
}
RECORDED = recorded_files(datasets_of("demo")[0])[0].parents[1]


def test_every_planned_dataset_is_declared_and_marked() -> None:
    assert {dataset.source_id: dataset.synthetic for dataset in datasets_of("demo")} == PLANNED


def test_every_public_fact_of_the_documents_is_fed() -> None:
    fed = [indicator for dataset in datasets_of("demo") for indicator in dataset.feeds]
    assert set(fed) >= FEEDS
    assert len(fed) == len(set(fed))


@pytest.mark.parametrize("dataset", datasets_of("demo"), ids=lambda dataset: dataset.source_id)
def test_every_recorded_file_parses_into_rows_of_its_dataset(dataset: Dataset) -> None:
    for path in recorded_files(dataset):
        parsed = parse_dataset(path.read_bytes(), dataset)
        # Kolada's definitions come apart from its figures.
        if path.name.startswith("kpi_"):
            assert parsed.notes
            continue
        assert parsed.observations
        assert {row.dataset_id for row in parsed.observations} == {dataset.source_id}
        for row in parsed.observations:
            assert row.series
            assert row.region
            assert row.period
            assert (row.value is not None) == (row.status in {"observed", "preliminary", "revised"})
        keys = [(r.series, r.region, r.period, r.dimensions) for r in parsed.observations]
        assert len(set(keys)) == len(keys)
        assert [note.note_number for note in parsed.notes] == list(range(1, len(parsed.notes) + 1))


@pytest.mark.parametrize("dataset", datasets_of("demo"), ids=lambda dataset: dataset.source_id)
def test_a_synthetic_dataset_says_so_wherever_it_is_named(dataset: Dataset) -> None:
    assert dataset.recording is not None
    said = [
        "syntetisk" in dataset.title_sv,
        dataset.citation.startswith("Syntetisk"),
        dataset.publisher_name_sv.startswith("Avvik"),
        all("syntetisk" in name or "SYNT_" in name for name in dataset.recording.files),
    ]
    assert said == [dataset.synthetic] * len(said)


def test_each_recorded_file_is_declared_once_and_described_beside_it() -> None:
    declared = [path for dataset in datasets_of("demo") for path in recorded_files(dataset)]
    present = [path for path in RECORDED.rglob("*") if path.is_file() and path.suffix != ".md"]
    # What a publisher says of its service is no dataset; it lies apart.
    service = [path for path in present if path.parent.name == "service"]
    assert service
    assert sorted([*declared, *service]) == sorted(present)
    for path in present:
        folder = RECORDED / path.relative_to(RECORDED).parts[0]
        readme = (folder / "README.md").read_text(encoding="utf-8")
        assert path.name in readme or path.name.removeprefix("oppna_jamforelser") in readme


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        (
            "scb/TAB6471.json",
            "1621564eb1e152cd872369ebf21465524fecc27d8dfce1bf2e040414a5fe6f52",
        ),
        (
            "kronofogden/rowstore_skuldsatta_offset43300.json",
            "02cc846f20abf4be28fb2e853427e494338d95160c93d23b1f7e611e4ab572e1",
        ),
        (
            "socialstyrelsen/sdb_ekonomisktbistandmanad_resultat_2017.html",
            "03e637412f37a6fec3fc92611c8b428d1670c061e93ace85ea9dc430df71cbb8",
        ),
    ],
)
def test_the_publishers_bytes_are_kept(name: str, sha256: str) -> None:
    assert hashlib.sha256((RECORDED / name).read_bytes()).hexdigest() == sha256


def test_an_unknown_field_or_a_fidelity_for_made_up_figures_is_refused() -> None:
    real = datasets_of("demo")[0]
    with pytest.raises(ValidationError, match="colour"):
        Dataset.model_validate(real.model_dump() | {"colour": "blue"})
    assert real.recording is not None
    with pytest.raises(ValidationError, match="fidelity"):
        Recording.model_validate(real.recording.model_dump() | {"synthetic": True})


def test_recorded_paths_stay_inside_the_recorded_directory() -> None:
    for dataset in datasets_of("demo"):
        for path in recorded_files(dataset):
            assert path.resolve().is_relative_to(Path(RECORDED).resolve())


def test_no_recorded_workbook_names_who_saved_it() -> None:
    """Publishers' workbooks carry the name of the civil servant whose machine they left."""
    books = [
        path
        for dataset in load_registry()
        for path in recorded_files(dataset)
        if path.suffix == ".xlsx"
    ]
    assert len(books) >= 9
    for path in books:
        with zipfile.ZipFile(path) as book:
            told = book.read("docProps/core.xml").decode("utf-8")
        names = re.findall(r"<(?:cp:lastModifiedBy|dc:creator)>([^<]+)<", told)
        assert set(names) <= {"openpyxl", "Avvik"}, path.name
