"""`doctor` on a cluster that is right, and where nobody answers. Where it is refused: `tests/integration`."""

from pathlib import Path

import pytest

from streams.engine.wire.trial import transactional_id, try_transaction
from streams.kafka import admin, registry
from streams.ops.lines import State
from streams.ops.settings import Settings
from tests.doctor.program import SECRET, doctor, states


def test_right(settings: Settings, tmp_path: Path) -> None:
    """Exit 0: every client connects, the clock is ours, and the secret is counted, not printed."""
    small = settings.model_copy(update={"partitions": 1})
    admin.apply(small)
    registry.register(small)
    code, lines, said = doctor(tmp_path, small)
    assert code == 0, said
    found = states(lines)
    assert found.pop("limits") == State.LOOK_AT  # one broker
    assert set(found.values()) == {State.OK}
    assert [line["about"] for line in lines].count("clients") == 3
    assert [line["found"].split()[0] for line in lines if line["about"] == "clock"] == ["Kafka", "the"]
    assert SECRET not in said


def test_nobody_answers(tmp_path: Path) -> None:
    """Exit 3; each client says so for itself, and so does the registry."""
    nowhere = Settings(
        _env_file=None, bootstrap_servers="127.0.0.1:1", registry_url="http://127.0.0.1:1", state_dir=tmp_path
    )
    code, lines, _ = doctor(tmp_path, nowhere)
    found = states(lines)
    assert (code, found["kafka"], found["clients"], found["registry"]) == (3, *[State.SILENT] * 3)
    assert found["endpoints"] == found["disk"] == State.OK


def test_trial_of_transactions(settings: Settings) -> None:
    """It leaves nothing open: the next one begins at once, under an id that no worker may have."""
    for _ in range(2):
        tried = try_transaction(settings, 20)
        assert tried.refused == ""
        before, after = tried.ours_ms
        assert tried.clock_ms is not None
        assert int(before) <= tried.clock_ms <= after + 1
    assert tried.features["transaction.version"] >= 2
    with pytest.raises(ValueError, match="doctor"):
        Settings(_env_file=None, worker_id=transactional_id(settings).rpartition("-")[2])
