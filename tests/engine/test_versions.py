"""The start-up check of everything private that the engine leans on."""

import pytest

from streams.engine.faust import versions
from streams.ops.errors import Misconfigured


def test_installed_versions_are_the_known_ones() -> None:
    """With constraints.txt installed the check passes."""
    versions.check()


def test_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version is refused in a sentence that says what to read and what to run."""
    monkeypatch.setitem(versions.VERSIONS, "aiokafka", "0.13.0")
    with pytest.raises(
        Misconfigured, match=r"aiokafka 0\.14\.0 is installed.*make test.*streams/engine/faust/versions\.py"
    ):
        versions.check()


def test_a_private_name_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing name is refused with the place that uses it."""
    monkeypatch.setitem(versions.NAMES, ("mode.threads", "QueueServiceThread.teleport"), "transport: nothing")
    with pytest.raises(Misconfigured, match=r"QueueServiceThread\.teleport is gone \(transport: nothing\)"):
        versions.check()
