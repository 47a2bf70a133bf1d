"""Everything a user can configure, in one model; the only place that reads the environment.

Statistical settings live beside the method they steer (`orchestration.deviation`), and rules about
data live in the contracts, the suites and the seeds. Nothing here opens a file or a connection.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, FilePath, HttpUrl, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent

Profile = Literal["demo", "live"]


class Settings(BaseSettings):
    """The configuration of one installation; each field is read from `AVVIK_<FIELD>`.

    Attributes:
        home: Directory that holds all state: inbox, landing, warehouse, published, dagster.
        inbox: Where suppliers drop register files; `home/inbox` unless given.
        profile: `demo` runs on the synthetic city and recorded statistics, `live` on real ones.
        year: The report year; the latest complete year in the data unless given.
        municipality: Official four-digit code of the municipality that is reported on.
        municipality_name: Its name as readers know it.
        pseudonym_key: Secret for pseudonyms, at least 32 characters; overrides the key file.
        pseudonym_key_file: File (mode 0600) with it; `home/keys/pseudonym.key` unless given.
        fetch_hours: Age in hours at which a fetched answer is asked for again.
        proxy: Address of the proxy that publishers are asked through; none unless given.
        ca_file: Certificates to trust besides the public ones when publishers are asked, as PEM.
        snapshots_kept: How many dated copies of the published snapshot are kept.
        notice_file: File that failure notices are appended to; `home/notices.log` unless given.
        notice_webhook: Address that failure notices are posted to; none unless given.
        version_label: What `meta.publication.git_sha` says where there is no git checkout.
    """

    model_config = SettingsConfigDict(env_prefix="AVVIK_", extra="forbid", frozen=True)

    home: Path = Path("var")
    inbox: Path | None = None
    profile: Profile = "demo"
    year: int | None = None
    municipality: str = "0180"
    municipality_name: str = "Stockholms stad"
    pseudonym_key: SecretStr | None = None
    pseudonym_key_file: Path | None = None
    fetch_hours: float = Field(default=6.0, ge=0)
    proxy: HttpUrl | None = None
    ca_file: FilePath | None = None
    snapshots_kept: int = Field(default=14, ge=1)
    notice_file: Path | None = None
    notice_webhook: HttpUrl | None = None
    version_label: str = "okänd"

    @property
    def inbox_dir(self) -> Path:
        """Directory that suppliers write to."""
        return (self.inbox or self.home / "inbox").absolute()

    @property
    def landing_dir(self) -> Path:
        """Directory of the unchanged deliveries."""
        return (self.home / "landing").absolute()

    @property
    def fetched_dir(self) -> Path:
        """Directory of the latest answer of each publisher, real and recorded ones apart."""
        return (self.home / "fetched" / self.profile).absolute()

    @property
    def warehouse_path(self) -> Path:
        """The working DuckDB file; analysts never open it."""
        return (self.home / "warehouse.duckdb").absolute()

    @property
    def published_dir(self) -> Path:
        """Directory of the snapshot and the report that people read."""
        return (self.home / "published").absolute()

    @property
    def snapshot_path(self) -> Path:
        """The published DuckDB file."""
        return self.published_dir / "marts.duckdb"

    @property
    def delivery_reports_dir(self) -> Path:
        """Directory of what suppliers are told about their deliveries."""
        return (self.home / "delivery_reports").absolute()

    @property
    def dagster_home(self) -> Path:
        """Directory of Dagster's own database and configuration."""
        return (self.home / "dagster").absolute()

    @property
    def dbt_target_dir(self) -> Path:
        """Directory of dbt's compiled files and logs."""
        return (self.home / "dbt").absolute()

    @property
    def key_file(self) -> Path:
        """File of the pseudonym secret."""
        return (self.pseudonym_key_file or self.home / "keys" / "pseudonym.key").absolute()

    @property
    def notices(self) -> Path:
        """File of failure notices."""
        return (self.notice_file or self.home / "notices.log").absolute()

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
