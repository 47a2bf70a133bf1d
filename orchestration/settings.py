"""Everything a user can configure, in one model; the only place that reads the environment.

Statistical settings live beside the method they steer (`orchestration.deviation`), and rules about
data live in the contracts, the suites and the seeds. Nothing here opens a file or a connection.
"""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, FilePath, HttpUrl, Secret, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent

Profile = Literal["demo", "live"]
# Between these lies every year that can be reported on.
FIRST_YEAR, LAST_YEAR = 1990, 2100

# A day ends when it ends for those who deliver and read.
_TIME_ZONE = ZoneInfo("Europe/Stockholm")


def _moment(value: object) -> object:
    """Read a day as its last moment in Sweden, and a time without offset as Swedish."""
    if isinstance(value, str):
        return _moment(_day_or_time(value))
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=_TIME_ZONE)
    if isinstance(value, date):
        return datetime.combine(value, time.max, _TIME_ZONE)
    return value


def _day_or_time(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        # Python would quote what was written.
        raise ValueError("neither a day nor a time in ISO form") from None


PastMoment = Annotated[datetime, BeforeValidator(_moment)]


class Settings(BaseSettings):
    """The configuration of one installation; each field is read from `AVVIK_<FIELD>`.

    Attributes:
        home: Directory that holds all state: inbox, landing, warehouse, published, dagster.
        inbox: Where suppliers drop register files; `home/inbox` unless given.
        profile: `demo` runs on the synthetic city and recorded statistics, `live` on real ones.
        as_of: A past moment: what is built is what would have been published of all that had been
            received by then. A day is written `YYYY-MM-DD` and means its end in Sweden.
        year: The report year; the latest complete year in the data unless given.
        municipality: Official four-digit code of the municipality that is reported on.
        municipality_file: Its boards and how it writes its exports; the packaged file of its code
            unless given. A directory of such files, `<code>.yml` each, makes the home one of
            several municipalities: each then has all that is its own in `home/<code>`, and its
            suppliers' files in `inbox/<code>`.
        municipality_name: Its name as readers know it; the one in its file unless given.
        pseudonym_key: Secret for pseudonyms, at least 32 characters; overrides the key file.
        pseudonym_key_file: File (mode 0600) with it; `home/keys/pseudonym.key` unless given. Where
            there are several municipalities, a directory with `<code>.key` for each.
        fetch_hours: Age in hours at which a fetched answer is asked for again.
        proxy: Address of the proxy that publishers are asked through, secret as a password may
            stand in it; none unless given.
        ca_file: Certificates to trust besides the public ones when publishers are asked, as PEM.
        settle_seconds: For how long a file in the inbox must be left alone before it is read.
        retention_days: Age at which landed registers are destroyed; never unless given.
        snapshots_kept: How many dated copies of the published snapshot are kept.
        history_days: Age at which runs in Dagster's database, their logs and the results of checks
            are taken away; the latest of each stay.
        superseded_days: For how many days a register's row stays in `raw` after a later delivery
            has replaced it.
        notice_file: File that failure notices are appended to; `home/notices.log` unless given.
        notice_webhook: Address that failure notices are posted to, secret as whoever knows it
            may post there; none unless given.
        version_label: What `meta.publication.git_sha` says where there is no git checkout.
        open_data_url: Address at which others reach `published/data/`; without one no catalogue for
            data portals is written.
        open_data_publisher: Who publishes the open data; the municipality unless given.
        open_data_contact: Mail address for questions about them; none unless given.
        open_data_licence: Address of the terms that they are published on.
        open_data_place: What the municipality is called among linked data, as an address; data
            portals know Geonames' (`http://sws.geonames.org/<number>/`); none unless given.
    """

    # What is wrong with a value is told without the value: it may be a secret in the wrong place.
    model_config = SettingsConfigDict(
        env_prefix="AVVIK_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    home: Path = Path("var")
    inbox: Path | None = None
    profile: Profile = "demo"
    as_of: PastMoment | None = None
    year: int | None = Field(default=None, ge=FIRST_YEAR, le=LAST_YEAR)
    municipality: str = Field(default="0180", pattern=r"^[0-9]{4}$")
    municipality_file: Path | None = None
    municipality_name: str | None = None
    pseudonym_key: SecretStr | None = None
    pseudonym_key_file: Path | None = None
    fetch_hours: float = Field(default=6.0, ge=0)
    proxy: Secret[HttpUrl] | None = None
    ca_file: FilePath | None = None
    settle_seconds: float = Field(default=10.0, ge=0)
    retention_days: int | None = Field(default=None, ge=1)
    snapshots_kept: int = Field(default=14, ge=1)
    history_days: int = Field(default=90, ge=1)
    superseded_days: int = Field(default=90, ge=1)
    notice_file: Path | None = None
    notice_webhook: Secret[HttpUrl] | None = None
    version_label: str = "okänd"
    open_data_url: HttpUrl | None = None
    open_data_publisher: str | None = Field(default=None, min_length=1)
    open_data_contact: str | None = Field(default=None, pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+$")
    open_data_licence: HttpUrl = HttpUrl("http://creativecommons.org/publicdomain/zero/1.0/")
    open_data_place: HttpUrl | None = None

    def moment(self) -> datetime:
        """The moment that everything is judged at: now, or the past one that is built again.

        Returns:
            A time with offset. What is stale, late or in the future is judged by it, and by no
            other clock.
        """
        return self.as_of or datetime.now(UTC)

    @property
    def municipality_files(self) -> Path | None:
        """Directory with a file for each municipality; None in a home of one."""
        given = self.municipality_file
        return given if given is not None and given.is_dir() else None

    @property
    def own_municipality_file(self) -> Path | None:
        """File of the municipality, where it is not the packaged one."""
        if (files := self.municipality_files) is not None:
            return files / f"{self.municipality}.yml"
        return self.municipality_file

    @property
    def own_home(self) -> Path:
        """Directory of all that is the municipality's: the home itself, unless it has several."""
        home = self.home.absolute()
        return home if self.municipality_files is None else home / self.municipality

    @property
    def state_dir(self) -> Path:
        """Directory of all that a run makes; a past moment has its own, and leaves the rest be."""
        return self.own_home if self._past is None else self.own_home / "as_of" / self._past

    @property
    def _past(self) -> str | None:
        """Name of the past moment that is built again; None where it is now."""
        if self.as_of is None:
            return None
        local = self.as_of.astimezone(_TIME_ZONE)
        if local.time() == time.max:
            return f"{local:%Y-%m-%d}"
        return f"{self.as_of.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"

    @property
    def whole_inbox_dir(self) -> Path:
        """Directory that the suppliers of all municipalities write to."""
        return (self.inbox or self.home / "inbox").absolute()

    @property
    def inbox_dir(self) -> Path:
        """Directory that the municipality's suppliers write to."""
        inbox = self.whole_inbox_dir
        return inbox if self.municipality_files is None else inbox / self.municipality

    @property
    def landing_dir(self) -> Path:
        """Directory of the unchanged deliveries; the same for every moment."""
        return self.own_home / "landing"

    @property
    def fetched_dir(self) -> Path:
        """Directory of the latest answer of each publisher, real and recorded ones apart."""
        return self.own_home / "fetched" / self.profile

    @property
    def profile_file(self) -> Path:
        """What says which profile the home belongs to."""
        return self.own_home / "profile"

    @property
    def rewriting_dir(self) -> Path:
        """Private directory for deliveries that must be rewritten before they can be read."""
        return self.landing_dir if self.as_of is None else self.state_dir / "spill"

    @property
    def warehouse_path(self) -> Path:
        """The working DuckDB file; analysts never open it."""
        return self.state_dir / "warehouse.duckdb"

    @property
    def published_dir(self) -> Path:
        """Directory of the snapshot and the report that people read."""
        return self.state_dir / "published"

    @property
    def snapshot_path(self) -> Path:
        """The published DuckDB file."""
        return self.published_dir / "marts.duckdb"

    @property
    def release_path(self) -> Path:
        """The DuckDB file that holds all that may be shown, and nothing else."""
        return self.state_dir / "release" / "release.duckdb"

    @property
    def release_draft_path(self) -> Path:
        """The same while it is written."""
        return self.state_dir / "release.partial" / self.release_path.name

    @property
    def restricted_dir(self) -> Path:
        """Directory that nobody but its owner reads; the same for every moment."""
        return self.own_home / "restricted"

    @property
    def restricted_snapshot_path(self) -> Path:
        """The DuckDB file with all figures, for those who may see them."""
        return self.restricted_publication_dir / "marts.duckdb"

    @property
    def restricted_publication_dir(self) -> Path:
        """Directory of the snapshot and the memorandum that have all figures."""
        return self.state_dir / "restricted"

    @property
    def samples_dir(self) -> Path:
        """Directory of drawn samples: who was drawn is nobody's to know but the register's."""
        return self.restricted_dir / "samples"

    @property
    def disclosure_path(self) -> Path:
        """What was decided of each cell: it names those that are small."""
        return self.restricted_publication_dir / "disclosure.duckdb"

    @property
    def ledger_path(self) -> Path:
        """What has been published, ever: it holds what small cells were."""
        return self.restricted_dir / "ledger.duckdb"

    @property
    def delivery_reports_dir(self) -> Path:
        """Directory of what suppliers are told about their deliveries."""
        return self.state_dir / "delivery_reports"

    @property
    def dagster_home(self) -> Path:
        """Directory of Dagster's own database and configuration."""
        return self.state_dir / "dagster"

    @property
    def served_file(self) -> Path:
        """File with the address of the UI, while it is served."""
        return self.own_home / "dagster" / "served_at"

    @property
    def dbt_target_dir(self) -> Path:
        """Directory of dbt's compiled files and logs."""
        return self.state_dir / "dbt"

    @property
    def key_file(self) -> Path:
        """File of the pseudonym secret."""
        if self.pseudonym_key_file is None:
            return self.own_home / "keys" / "pseudonym.key"
        given = self.pseudonym_key_file.absolute()
        return given if self.municipality_files is None else given / f"{self.municipality}.key"

    @property
    def notices(self) -> Path:
        """File of failure notices."""
        return (self.notice_file or self.own_home / "notices.log").absolute()

    @property
    def dbt_project_dir(self) -> Path:
        """The dbt project of this checkout."""
        return PROJECT_ROOT / "dbt_project"

    @property
    def seeds_dir(self) -> Path:
        """The catalogue and the dictionaries, as dbt seeds."""
        return self.dbt_project_dir / "seeds"

    @property
    def expectations_dir(self) -> Path:
        """The Great Expectations suites of this checkout."""
        return PROJECT_ROOT / "expectations"
