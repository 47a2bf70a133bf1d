"""dbt's page names no machine, runs no script but its own, and is written once for a manifest."""

import base64
import hashlib
import re
from pathlib import Path

from orchestration.flow.dbt_docs import closed, ensure_docs, without_machine, written_docs
from orchestration.settings import PROJECT_ROOT, Settings


def test_a_manifest_is_told_without_the_machine() -> None:
    manifest = {
        "metadata": {"dbt_version": "1", "user_id": "u", "env": {}, "invocation_id": "i"},
        "nodes": {
            "a": {"root_path": "/opt/avvik/dbt_project", "said": "i /opt/avvik/x och /opt/avvik2"},
            "b": ["/home/anna", 1, None, "/opt/avvik"],
        },
    }
    places = {"/opt/avvik": ".", "/opt/avvik/dbt_project": "dbt_project", "/home/anna": "~"}
    assert without_machine(manifest, places) == {
        "metadata": {"dbt_version": "1"},
        "nodes": {
            "a": {"root_path": "dbt_project", "said": "i ./x och /opt/avvik2"},
            "b": ["~", 1, None, "."],
        },
    }


def test_a_page_runs_the_scripts_that_stand_in_it_and_no_other() -> None:
    script = "let a = '<b>' + 1 && 'å';"
    page = (
        '<!doctype html><html dir="ltr" lang="en-US" ng-app="dbt"><head>'
        '<link rel="shortcut icon" href="${x}"/><script defer="defer">'
        f"{script}</script></head></html>"
    )
    told = closed(page)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in told
    assert "default-src 'none'" in told
    assert "icon" not in told
    assert 'data-ng-csp="no-unsafe-eval"' in told


def test_the_page_of_the_models_is_written_once_and_opens_no_warehouse(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert written_docs(settings) is None
    old = settings.dbt_target_dir / "docs" / "old.html"
    old.parent.mkdir(parents=True)
    old.write_text("")
    page = ensure_docs(settings)
    text = page.read_text(encoding="utf-8")
    assert written_docs(settings) == page
    assert [path for path in settings.home.rglob("*") if path.is_file()] == [page]
    before = page.stat().st_mtime_ns
    assert ensure_docs(settings) == page
    assert page.stat().st_mtime_ns == before
    assert "model.avvik.area_years" in text
    for place in (PROJECT_ROOT, Path.home(), tmp_path, Path("/tmp")):  # noqa: S108 (looked for)
        assert not re.search(rf'{re.escape(str(place))}[/"\\]', text), place
    # What its framework would otherwise ask the server for.
    assert ' xlink:href="{{' not in text
