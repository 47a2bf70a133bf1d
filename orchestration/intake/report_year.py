"""Refuses a report year before anything has been done, where it is known to have no values.

What is known beforehand is what the warehouse holds from earlier runs. While something in the inbox
has not been loaded, it may bring the year, and only the steps after the marts can know; they refuse
with the same sentence (`orchestration.storage.report_year`).
"""

import duckdb

from orchestration.registers.inbox import scan_inbox
from orchestration.registers.municipality import is_described
from orchestration.settings import Settings
from orchestration.storage.deliveries import pending
from orchestration.storage.landing import LandingStore, sha256_of_delivered
from orchestration.storage.report_year import (
    ReportYearError,
    without_values,
    years_with_values,
)
from orchestration.storage.warehouse import open_warehouse


def require_report_year(settings: Settings) -> None:
    """Refuse a named report year that is known to have no values.

    Args:
        settings: Names the year, and where warehouse, inbox and landing are.

    Raises:
        ReportYearError: If the warehouse has values of other years, none of this one, and nothing
            waits in the inbox that could bring it.
        duckdb.IOException: If another process holds the warehouse.
    """
    if settings.year is None or settings.as_of is not None or not settings.warehouse_path.exists():
        return
    with open_warehouse(settings.warehouse_path, read_only=True) as connection:
        years = years_with_values(
            connection, settings.municipality, only_statistics=not is_described(settings)
        )
        if not years or settings.year in years or _something_waits(connection, settings):
            return
    raise ReportYearError(without_values(settings.year, years))


def _something_waits(connection: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Whether a file in the inbox has not landed as it is now, or has landed and is not loaded."""
    receipts = LandingStore(settings.landing_dir).receipts()
    landed = {(receipt.file_name, receipt.delivery_id) for receipt in receipts}
    try:
        return bool(pending(connection, receipts)[0]) or any(
            (file.file_name, sha256_of_delivered(file.path)) not in landed
            for file in scan_inbox(settings.inbox_dir).files
        )
    except OSError:
        # It has changed while it was looked at.
        return True
