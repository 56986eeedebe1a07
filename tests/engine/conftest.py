"""Fixtures of the engine's tests."""

from collections.abc import Iterator

import pytest

from streams.ops.settings import Settings
from tests.engine.rig import Rig


@pytest.fixture
def rig(settings: Settings) -> Iterator[Rig]:
    """One group with one source topic; its workers are gone at the end."""
    rig = Rig(settings)
    yield rig
    rig.close()
