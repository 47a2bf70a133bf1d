"""One full-size city for all tests here, and a small one."""

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.demo.city import write_city
from tests.unit.demo.city_reading import VIEWS, City, read_city


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    inbox = tmp_path_factory.mktemp("stad") / "inbox"
    return City(inbox, write_city(inbox))


@pytest.fixture(scope="session")
def tables(
    city: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = read_city(city, tmp_path_factory.mktemp("klartext"))
    connection.execute(VIEWS)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    inbox = tmp_path_factory.mktemp("smastad") / "inbox"
    return City(inbox, write_city(inbox, scale=0.05))
