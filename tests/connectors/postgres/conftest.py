"""What tests of the sink share."""

import pytest

from streams.ops.settings import Settings


@pytest.fixture
def sink_settings(settings: Settings, database: str) -> Settings:
    """Settings for the cluster and the database."""
    return settings.model_copy(update={"postgres_url": type(settings.postgres_url)(database), "partitions": 2})
