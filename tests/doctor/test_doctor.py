"""`doctor` on a cluster that is right, and where nobody answers. Where it is refused: `tests/integration`."""

from pathlib import Path

import pytest

from streams.doctor.judge.lines import State
from streams.engine.wire.trial import transactional_id, try_transaction
from streams.kafka import admin, registry
from streams.ops.settings import Settings
from tests.doctor.program import SECRET, doctor, states


def test_right(settings: Settings, tmp_path: Path) -> None:
    """Before topics and schemas: exit 2, and both are named. After them: exit 0, every client connects, the clock is
    ours, and the secret is counted, not printed."""
    small = settings.model_copy(update={"partitions": 1})
    code, lines, _ = doctor(tmp_path, small)
    assert code == 2
    assert [line["about"] for line in lines if line["state"] == State.WRONG] == ["topics", "schemas"]
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


def test_nobody_answers(settings: Settings, tmp_path: Path) -> None:
    """Exit 3; each client says so for itself, and the registry is asked all the same."""
    code, lines, _ = doctor(tmp_path, settings.model_copy(update={"bootstrap_servers": "127.0.0.1:1"}))
    found = states(lines)
    assert (code, found["kafka"], found["clients"]) == (2, State.SILENT, State.SILENT)  # 2: no schema is registered
    assert found["registry"] == State.OK


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
