"""Several processes of one gateway on one port, as the real command starts them: each says which one it is."""

from pathlib import Path

from pydantic import SecretStr

from connectors.control.probing.probe import probe
from tests.attack import stage
from tests.attack.requests import ENDPOINT, SECRET

_ASKS_MAX = 200  # the kernel deals connections out by chance


async def test_each_process_is_met_by_its_name(tmp_path: Path) -> None:
    """How many there are is in every answer; so whoever asks knows when all have answered."""
    with (
        stage.mocked() as settings,
        stage.gateway(settings, tmp_path, STREAMS_GATEWAY_PROCESSES="2") as gateway,
    ):
        seen: set[str] = set()
        for _ in range(_ASKS_MAX):
            answer = await probe(f"http://127.0.0.1:{gateway.port}/webhooks/{ENDPOINT}", ENDPOINT, SecretStr(SECRET))
            assert (answer.processes, len(answer.fingerprints)) == (2, 1)
            seen.add(answer.instance)
            if len(seen) == answer.processes:
                break
    assert len(seen) == 2
