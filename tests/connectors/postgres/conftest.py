"""One PostgreSQL for all tests of a process, and a database for each."""

from collections.abc import Iterator

import pytest

from streams.ops.settings import Settings
from tests import postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Its address, without a database."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def database(postgres_server: str) -> str:
    """URL of a database of this test's own."""
    return postgres.database(postgres_server)


@pytest.fixture
def sink_settings(settings: Settings, database: str) -> Settings:
    """Settings for the cluster and the database."""
    return settings.model_copy(update={"postgres_url": type(settings.postgres_url)(database), "partitions": 2})
