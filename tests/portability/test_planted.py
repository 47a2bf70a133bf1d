"""The faults that `make spark` plants can be planted, and are about tables that there are."""

import shutil
from pathlib import Path

import pytest

from tests.portability.engines import PROJECT
from tests.portability.planted import FAULTS, Fault
from tests.portability.sql_lint import findings


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_the_project(fault: Fault, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    before = (project / fault.file).read_text(encoding="utf-8")
    fault.plant(project)
    assert (project / fault.file).read_text(encoding="utf-8") != before
    assert list((project / "models").rglob(f"{fault.select}.sql"))
    for table in fault.tables:
        assert list((project / "models").rglob(f"{table.partition('.')[2]}.sql"))
    with pytest.raises(ValueError, match="once"):
        fault.plant(project)


def test_the_lint_names_what_can_be_seen_in_the_text(tmp_path: Path) -> None:
    seen = {"quoted", "decimal"}
    for fault in FAULTS:
        project = tmp_path / fault.name
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
        fault.plant(project)
        files = {finding.file for finding in findings(project)}
        assert files == ({fault.file} if fault.name in seen else set())
