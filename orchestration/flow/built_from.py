"""What each product was made from, and whether that is still what there is.

Table `meta.built_from` has a row for each product and input: the product's fingerprint when it was
made, and the input's as it was read. A product is up to date when it looks as it did when it was
made, and each of its inputs is the one it was made from and is itself up to date. A chain ends in
what nobody here makes: what lies in the inbox, files of the checkout, the program, the settings.

Whether a table is any good is said by its suite (`orchestration.quality.gate`), not here.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb

from orchestration.quality.gate import RESULTS_TABLE, fingerprint
from orchestration.settings import PROJECT_ROOT, Settings
from orchestration.storage.deliveries import create_tables as create_deliveries
from orchestration.storage.landing import sha256_of
from orchestration.storage.manifest import MANIFEST_NAME
from orchestration.storage.snapshot import current_edition
from orchestration.storage.warehouse import table_exists, view_definitions
from orchestration.version import (
    code_fingerprint,
    open_data_fingerprint,
    settings_fingerprint,
)

TABLE = "meta.built_from"
# What parts the kind of an end from its name; no product has it.
_END = ":"
CODE = "program:"
SETTINGS = "settings:"
# Its own, since only what is found and written of a year depends on it.
REPORT_YEAR = "settings:year"
# Its own too: only the publication says who publishes the open data, and where.
OPEN_DATA = "settings:open_data"
PUBLICATION = "published.snapshot"
# What readers have of it, by its manifest.
EDITION = "published.edition"
_FILE = "file:"
_INBOX = "inbox:"
# What lies as files and is summed up as such; by the product's name, its place below the home.
_DOCUMENTS = {"published.memorandum": "draft", "release.database": "release"}

_CREATE = f"""
create table if not exists {TABLE} (
    table_name varchar not null,
    fingerprint varchar not null,
    input_name varchar not null,
    input_fingerprint varchar not null,
    run_id varchar not null
)
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What is recorded of a product.

    Attributes:
        fingerprint: What it looked like when it was made.
        inputs: What each input looked like when it was read.
    """

    fingerprint: str
    inputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outdated:
    """A product that is not what its inputs vouch for.

    Attributes:
        product: Which product must be made anew.
        reason_sv: Why, in Swedish.
    """

    product: str
    reason_sv: str


def file_input(path: str) -> str:
    """Name of a file of the checkout as an input.

    Args:
        path: Its path below the checkout.
    """
    return f"{_FILE}{path}"


def inbox_input(name: str) -> str:
    """Name of what lies in the inbox for a register or a dataset, as an input.

    Args:
        name: The register or dataset.
    """
    return f"{_INBOX}{name}"


def contents_fingerprint(files: Iterable[tuple[str, str]]) -> str:
    """Sum up what lies in the inbox for one register or dataset.

    Args:
        files: File name and SHA-256 of each.
    """
    digest = hashlib.sha256()
    for file_name, sha256 in sorted(files):
        digest.update(f"{file_name}|{sha256}\n".encode())
    return digest.hexdigest()


def directory_fingerprint(directory: Path) -> str:
    """Sum up the names and the content of all files below a directory.

    Args:
        directory: The directory.

    Returns:
        SHA-256 in hexadecimal; empty if there is no such directory.
    """
    if not directory.is_dir():
        return ""
    digest = hashlib.sha256()
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        digest.update(f"{path.relative_to(directory)}|{sha256_of(path)}\n".encode())
    return digest.hexdigest()


class Provenance:
    """What the warehouse's products were made from, beside what there is now.

    Reads the records once; fingerprints are computed when first asked for and kept, so that an
    object serves one step. Nothing may be written to the warehouse meanwhile but through `record`.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self.connection = connection
        self._settings = settings
        self._present: dict[str, str] = {}
        self._verdicts: dict[str, Outdated | None] = {}
        connection.execute(_CREATE)

    @cached_property
    def made(self) -> dict[str, Made]:
        """What is recorded, by product."""
        return read_made(self.connection)

    @cached_property
    def _views(self) -> dict[str, str]:
        return view_definitions(self.connection)

    def present(self, name: str) -> str:
        """What an input looks like now.

        Args:
            name: A product, or where a chain ends.

        Returns:
            Its fingerprint; empty if it is not there.
        """
        if name not in self._present:
            self._present[name] = self._look(name)
        return self._present[name]

    def content(self, name: str) -> str:
        """What the rows of a table or view look like now, as its gate has looked at them.

        Args:
            name: A table or view.
        """
        return self.present(name) if self.is_table(name) else fingerprint(self.connection, name)

    def is_table(self, name: str) -> bool:
        """Whether a product is a table with rows of its own: neither a view nor files.

        Args:
            name: The product.
        """
        schema = name.partition(".")[0]
        return schema not in {"landing", "published", "release"} and name not in self._views

    def forget(self) -> None:
        """Look anew from now on: something has been written."""
        self._present.clear()
        self._verdicts.clear()
        for kept in ("made", "_views"):
            self.__dict__.pop(kept, None)

    def _look(self, name: str) -> str:
        kind, is_end, rest = name.partition(_END)
        if is_end:
            return self._look_outside(kind, rest)
        schema, _, rest = name.partition(".")
        if schema == "landing":
            return self._inbox(rest)
        if name == EDITION:
            edition = current_edition(self._settings.published_dir)
            manifest = None if edition is None else edition / MANIFEST_NAME
            return sha256_of(manifest) if manifest is not None and manifest.is_file() else ""
        if name in _DOCUMENTS:
            return directory_fingerprint(self._settings.state_dir / _DOCUMENTS[name])
        return self._of_inputs(name, "") if name == PUBLICATION else self._table(name)

    def _look_outside(self, kind: str, rest: str) -> str:
        match kind:
            case "program":
                return code_fingerprint()
            case "settings":
                return self._setting(rest)
            case "inbox":
                return self._inbox(rest)
            case _:
                path = PROJECT_ROOT / rest
                return sha256_of(path) if path.is_file() else ""

    def _setting(self, which: str) -> str:
        if f"{SETTINGS}{which}" == REPORT_YEAR:
            return str(self._settings.year)
        if f"{SETTINGS}{which}" == OPEN_DATA:
            return open_data_fingerprint(self._settings)
        return settings_fingerprint(self._settings)

    def _table(self, name: str) -> str:
        if name in self._views:
            # A view's rows are there only when asked for: it is its text and what it reads.
            return self._of_inputs(name, self._views[name])
        return fingerprint(self.connection, name)

    def _inbox(self, name: str) -> str:
        create_deliveries(self.connection)
        rows = self.connection.execute(
            "select file_name, delivery_id from meta.inbox where name = $name", {"name": name}
        ).fetchall()
        return contents_fingerprint(rows)

    def _of_inputs(self, name: str, definition: str) -> str:
        digest = hashlib.sha256(definition.encode())
        recorded = self.made.get(name)
        for each in sorted(recorded.inputs if recorded else ()):
            digest.update(f"{each}|{self.present(each)}\n".encode())
        return digest.hexdigest()

    def outdated(self, product: str) -> Outdated | None:
        """Whether a product that is about to be read is still what it was made from.

        Args:
            product: The product.

        Returns:
            What must be made anew first, the earliest in the chain; None if nothing must.
        """
        behind = self._behind(product)
        if behind is None and self.present(product) != self.made[product].fingerprint:
            return Outdated(product, f"{product} har ändrats utanför flödet sedan den gjordes.")
        return behind

    def _behind(self, product: str) -> Outdated | None:
        if product not in self._verdicts:
            self._verdicts[product] = self._judge(product)
        return self._verdicts[product]

    def _judge(self, product: str) -> Outdated | None:
        recorded = self.made.get(product)
        if recorded is None:
            return Outdated(product, f"{product} är inte gjord än.")
        for name in recorded.inputs:
            if name in self.made and (earlier := self._behind(name)) is not None:
                return earlier
        for name, read in recorded.inputs.items():
            if name in self.made:
                if self.made[name].fingerprint != read:
                    return Outdated(
                        product,
                        f"{product} är gjord av en annan version av {name} än den som finns.",
                    )
            elif not name.startswith(_INBOX) and self.present(name) != read:
                return Outdated(product, f"{_named(name)} har ändrats sedan {product} gjordes.")
        return None

    def record(self, run_id: str, products: Mapping[str, Mapping[str, str | None]]) -> None:
        """Remember what some products look like, and what they were made from.

        Whoever has written since this object last looked says so first, by `forget`.

        Args:
            run_id: The run.
            products: For each product, its inputs as they were read; None for what stands as it
                was read.
        """
        self.__dict__["made"] = self.made | {
            product: Made("", dict.fromkeys(inputs, "")) for product, inputs in products.items()
        }
        now = self.present
        rows = [
            (product, now(product), name, now(name) if read is None else read, run_id)
            for product, inputs in products.items()
            for name, read in inputs.items()
        ]
        if not rows:
            return
        self.connection.execute(
            f"delete from {TABLE} where list_contains($products, table_name)",
            {"products": list(products)},
        )
        self.connection.execute(
            f"insert into {TABLE} select {', '.join(['unnest(?::varchar[])'] * 5)}",
            [list(column) for column in zip(*rows, strict=True)],
        )
        self.forget()


def follow(connection: duckdb.DuckDBPyConnection, changed: Mapping[str, tuple[str, str]]) -> None:
    """Let what is recorded follow a change of tables that nobody needs to distrust.

    A table that was not as it was recorded before the change is not so after it either.

    Args:
        connection: An open connection to the warehouse.
        changed: For each table its fingerprint before the change, and after it.
    """
    connection.execute(_CREATE)
    columns = [(TABLE, "table_name", "fingerprint"), (TABLE, "input_name", "input_fingerprint")]
    # Asked for in the catalogue: a query that fails would end the transaction.
    if table_exists(connection, RESULTS_TABLE):
        columns.append((RESULTS_TABLE, "table_name", "fingerprint"))
    for table, (before, after) in changed.items():
        for records, name, print_ in columns:
            connection.execute(
                f"update {records} set {print_} = $after"
                f" where {name} = $table and {print_} = $before",
                {"table": table, "before": before, "after": after},
            )


def _named(name: str) -> str:
    """What the end of a chain is called in a sentence."""
    if name == CODE:
        return "Programmet"
    if name == SETTINGS:
        return "Inställningarna (kommun, kommunfil eller profil)"
    if name == REPORT_YEAR:
        return "Rapportåret"
    if name == OPEN_DATA:
        return "Inställningarna för öppna data"
    return name.removeprefix(_FILE)


def read_made(connection: duckdb.DuckDBPyConnection) -> dict[str, Made]:
    """Read what is recorded, from a warehouse or a snapshot.

    Args:
        connection: An open connection.

    Returns:
        What is recorded of each product.

    Raises:
        duckdb.CatalogException: If nothing has ever been recorded there.
    """
    made: dict[str, Made] = {}
    for product, print_, inputs in connection.execute(
        f"select table_name, any_value(fingerprint), map(list(input_name), list(input_fingerprint))"
        f" from {TABLE} group by table_name"
    ).fetchall():
        made[product] = Made(print_, inputs)
    return made


def ends(made: Mapping[str, Made], product: str) -> dict[str, str]:
    """Where the chains of a product end: what nobody here makes, as it was read.

    Args:
        made: What is recorded.
        product: The product.

    Returns:
        Fingerprint by name; empty if the product was never made. An end that was read twice and had
        changed meanwhile has both, so that it equals neither.
    """
    found: dict[str, set[str]] = {}
    seen = set()
    ahead = [product] if product in made else []
    while ahead:
        for name, read in made[ahead.pop()].inputs.items():
            if name not in made:
                found.setdefault(name, set()).add(read)
            elif name not in seen:
                seen.add(name)
                ahead.append(name)
    return {name: "|".join(sorted(prints)) for name, prints in found.items()}


def head(made: Mapping[str, str]) -> str:
    """Sum up the ends of a chain.

    Args:
        made: Fingerprint by name, as `ends` gives them.

    Returns:
        SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256()
    for name, print_ in sorted(made.items()):
        digest.update(f"{name}|{print_}\n".encode())
    return digest.hexdigest()


def refusal(found: Sequence[Outdated], makers: Mapping[str, str]) -> str:
    """Why a step must not read what it was to read, and what to do.

    Args:
        found: What must be made anew, at least one.
        makers: For each product, what the step that makes it is called.

    Returns:
        One or more Swedish sentences.
    """
    reasons = list(dict.fromkeys(each.reason_sv for each in found))
    steps = list(dict.fromkeys(makers.get(each.product, each.product) for each in found))
    told = " ".join(reasons[:3])
    more = f" Ytterligare {len(reasons) - 3} av samma slag." if len(reasons) > 3 else ""  # noqa: PLR2004
    return f"{told}{more} Gör så här: kör {', '.join(steps)} och det som följer, eller avvik run."
