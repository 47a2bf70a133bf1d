"""One full-size city for all tests here, and a small one."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.conftest import WrittenCity
from tests.unit.demo.city_reading import VIEWS, City, read_city


@pytest.fixture(scope="session")
def city(written_full_city: WrittenCity) -> City:
    return City(written_full_city.inbox, written_full_city.files)


@pytest.fixture(scope="session")
def tables(
    city: City, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = read_city(city, tmp_path_factory.mktemp("klartext"))
    connection.execute(VIEWS)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def small_city(written_small_city: WrittenCity) -> City:
    return City(written_small_city.inbox, written_small_city.files)
