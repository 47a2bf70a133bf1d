"""dbt's own documentation of the models as one page, which asks for nothing and names no machine.

Written from the manifest alone: the warehouse is not opened, so there are no rows and no counts of
them in it. dbt takes seconds for it, so it is written once for each manifest, by a process of its
own (`python -m orchestration.flow.dbt_docs`). Who may read it belongs to whoever shows it.
"""

import base64
import hashlib
import json
import os
import re
import sys
import tempfile
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

from orchestration.flow.dbt_project import ensure_manifest, write_docs
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.storage.home import keep_private

_DIRECTORY = "docs"
_NICE = 10
# Whose computer it was, and which call of dbt; nobody who reads of models is to know.
_OF_THE_MACHINE = ("env", "invocation_id", "run_started_at", "user_id")
# It leads to a file that only dbt's own website has.
_ICON = re.compile(r'<link rel="(?:shortcut icon|canonical)"[^>]*>')
# Else browsers ask for the template of an address before there is one.
_UNFILLED = re.compile(r'(?<=[ ])xlink:href="\{\{')
_HEAD = "<head>"
_ROOT = '<html dir="ltr" lang="en-US"'


def written_docs(settings: Settings) -> Path | None:
    """The page of the manifest that there is.

    Args:
        settings: The installation.

    Returns:
        Its path; None where it has not been written yet.
    """
    manifest = settings.dbt_project_dir / "target" / "manifest.json"
    if not manifest.exists():
        return None
    page = _page_of(settings, manifest)
    return page if page.exists() else None


def ensure_docs(settings: Settings) -> Path:
    """Write the page where the manifest has none, and take away those of earlier ones.

    Args:
        settings: The installation.

    Returns:
        Path of the page.

    Raises:
        RuntimeError: If the project cannot be parsed.
        StepRefusedError: If dbt could not write it.
    """
    manifest = ensure_manifest(settings)
    page = _page_of(settings, manifest)
    if page.exists():
        return page
    page.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=page.parent, prefix=".") as folder:
        place = Path(folder)
        told = without_machine(json.loads(manifest.read_bytes()), _places(settings))
        (place / manifest.name).write_text(json.dumps(told), encoding="utf-8")
        text = write_docs(settings, place).read_text(encoding="utf-8")
        partial = place / page.name
        partial.write_text(closed(text), encoding="utf-8")
        partial.replace(page)
    for old in page.parent.glob("*.html"):
        if old != page:
            old.unlink(missing_ok=True)
    return page


def without_machine(manifest: dict[str, Any], places: dict[str, str]) -> dict[str, Any]:
    """A manifest without what tells of the machine that it was written on.

    Args:
        manifest: As dbt wrote it.
        places: What stands instead of each directory of the machine.

    Returns:
        The same, with paths that begin in the project.
    """
    metadata = {
        name: value for name, value in manifest["metadata"].items() if name not in _OF_THE_MACHINE
    }
    longest = sorted(places, key=len, reverse=True)
    begins = re.compile(f"({'|'.join(map(re.escape, longest))})(?![\\w.-])")

    def scrubbed(value: Any) -> Any:
        if isinstance(value, str):
            return begins.sub(lambda found: places[found[1]], value)
        if isinstance(value, list):
            return [scrubbed(each) for each in value]
        if isinstance(value, dict):
            return {scrubbed(name): scrubbed(each) for name, each in value.items()}
        return value

    return {**{name: scrubbed(each) for name, each in manifest.items()}, "metadata": metadata}


def closed(page: str) -> str:
    """A page of dbt's that runs its own scripts and no other, and loads nothing.

    Args:
        page: As dbt writes it, with all that it shows in it.

    Returns:
        The same, with a policy that browsers keep it to.
    """
    bare = _UNFILLED.sub('ng-attr-xlink:href="{{', _ICON.sub("", page))
    scripts = _Scripts()
    scripts.feed(bare)
    hashes = " ".join(f"'sha256-{each}'" for each in scripts.hashes)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline';"
        " img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'
    # Told so, its framework does not try whether it may make code of text.
    told = bare.replace(_ROOT, f'{_ROOT} data-ng-csp="no-unsafe-eval"', 1)
    return told.replace(_HEAD, f"{_HEAD}{meta}", 1)


class _Scripts(HTMLParser):
    """Finds the scripts that stand in a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.hashes: list[str] = []
        self._inside: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "script":
            self._inside = []

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self._inside.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._inside is not None:
            digest = hashlib.sha256("".join(self._inside).encode()).digest()
            self.hashes.append(base64.b64encode(digest).decode())
            self._inside = None


def _page_of(settings: Settings, manifest: Path) -> Path:
    digest = hashlib.sha256(version("dbt-core").encode())
    digest.update(Path(__file__).read_bytes())
    digest.update(manifest.read_bytes())
    return settings.dbt_target_dir / _DIRECTORY / f"{digest.hexdigest()[:16]}.html"


def _places(settings: Settings) -> dict[str, str]:
    """What stands instead of each directory of this machine that dbt may have named."""
    places = {
        Path.home(): "~",
        Path(sys.prefix): "python",
        Path(sys.base_prefix): "python",
        Path(tempfile.gettempdir()): "tmp",
        settings.home: "home",
        PROJECT_ROOT: ".",
        settings.dbt_project_dir: "dbt_project",
    }
    both = {
        str(each): told
        for path, told in places.items()
        for each in (path.absolute(), path.resolve())
    }
    return {path: told for path, told in both.items() if path != os.sep}


def main() -> None:
    """Write the page of this installation."""
    keep_private()
    os.nice(_NICE)
    ensure_docs(Settings())


if __name__ == "__main__":
    main()
