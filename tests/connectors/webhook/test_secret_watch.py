"""Endpoints that change while the gateway runs: what is right counts from then on, what is wrong changes nothing."""

import asyncio
import contextlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from connectors.webhook.endpoints import Endpoints
from connectors.webhook.replies import OUTCOMES
from connectors.webhook.secret_watch import SecretWatch
from streams.events.signature import Keyring
from streams.ops.metrics import registry
from streams.ops.process import Process
from streams.ops.settings import Settings, load
from tests.connectors.webhook.test_endpoints import SECRETS

A, B, C, D = Keyring.parse(SECRETS).fingerprints


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREAMS_ENDPOINTS", raising=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "junction"
    path.write_text(f"{SECRETS[0]}\n")
    path.chmod(0o600)
    return path


def write(path: Path, text: str) -> None:
    path.write_text(text)


def of(path: Path) -> Endpoints:
    settings = Settings(_env_file=None, endpoints={"junction": [f"file:{path}"]})
    return Endpoints(lambda: settings, OUTCOMES)


def fingerprints(endpoints: Endpoints, name: str = "junction") -> tuple[str, ...]:
    endpoint = endpoints.get(name)
    return endpoint.keyring.fingerprints if endpoint else ()


async def checked(watch: SecretWatch, *, is_asked: bool = False) -> list[dict[str, object]]:
    """What a check logs, without the names of the logger."""
    with capture_logs() as said:
        await watch.check(is_asked=is_asked)
    return [{key: value for key, value in one.items() if key != "component"} for one in said]  # type: ignore[misc]  # because structlog types lines as Any


async def test_a_rotation(file: Path) -> None:
    """A new secret and the end of an old one count at the next check, and the log names both by fingerprint."""
    endpoints = of(file)
    watch = SecretWatch(endpoints, settled_s=0)
    assert await checked(watch) == []
    write(file, f"{SECRETS[1]}\n{SECRETS[0]}\n")
    before = endpoints.get("junction")
    [line] = await checked(watch)
    assert (line["added"], line["removed"], line["newest_first"]) == ([B], [], [B, A])
    assert fingerprints(endpoints) == (B, A)
    assert before is not None
    assert before.keyring.fingerprints == (A,)  # of a request that began before
    write(file, f"{SECRETS[1]}\n")
    [line] = await checked(watch)
    assert (line["added"], line["removed"]) == ([], [A])
    assert await checked(watch) == []


async def test_use_is_kept_over_a_reload(file: Path) -> None:
    """A secret that stays keeps what is known of its use, and one that is gone loses its series."""
    endpoints = of(file)
    endpoint = endpoints.get("junction")
    assert endpoint is not None
    endpoint.uses[0].count()
    write(file, f"{SECRETS[1]}\n{SECRETS[0]}\n")
    endpoints.reload()
    assert [(row.fingerprint, row.position, row.verified) for row in endpoints.rows()] == [(B, 0, 0), (A, 1, 1)]
    write(file, f"{SECRETS[1]}\n")
    endpoints.reload()
    endpoint.uses[0].count()  # a request that began before
    told = generate_latest(registry(Process.GATEWAY)).decode()
    assert f'junction_gateway_secret_position{{endpoint="junction",fingerprint="{B}"}} 0.0' in told
    assert f'endpoint="junction",fingerprint="{A}"' not in told


WRONG = {
    "empty": "",
    "comments": "# soon\n",
    "malformed": "whsec_*\n",
    "cut": SECRETS[1][:-1],
    "half": f"{SECRETS[1]}\nwh",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
async def test_what_is_wrong_changes_nothing(file: Path, text: str) -> None:
    """Wrong content is an error in the log, once, with the reason and not the text; the old secrets stay."""
    endpoints = of(file)
    watch = SecretWatch(endpoints, settled_s=0)
    await watch.check()
    write(file, text)
    [line] = await checked(watch)
    assert (line["event"], line["log_level"]) == ("secrets_not_taken", "error")
    assert SECRETS[1][6:20] not in str(line)
    assert fingerprints(endpoints) == (A,)
    assert await checked(watch) == []
    assert len(await checked(watch, is_asked=True)) == 1
    write(file, f"{SECRETS[1]}\n")
    await watch.check()
    assert fingerprints(endpoints) == (B,)


async def test_a_file_that_is_away(file: Path) -> None:
    """A file that is deleted changes nothing, and counts again when it is back."""
    endpoints = of(file)
    watch = SecretWatch(endpoints, settled_s=0)
    await watch.check()
    os.unlink(file)
    assert [line["event"] for line in await checked(watch)] == ["secrets_not_taken"]
    write(file, f"{SECRETS[2]}\n")
    await watch.check()
    assert fingerprints(endpoints) == (C,)


async def test_a_folder_of_symlinks(tmp_path: Path) -> None:
    """Kubernetes replaces a folder behind a symlink: the new content counts, though the path stays what it is."""
    for n, folder in enumerate(("one", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "junction").write_text(SECRETS[n])
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "junction").symlink_to("..data/junction")
    endpoints = of(tmp_path / "junction")
    watch = SecretWatch(endpoints, settled_s=0)
    await watch.check()
    (tmp_path / "new").symlink_to("two")
    os.rename(tmp_path / "new", tmp_path / "..data")
    await watch.check()
    assert fingerprints(endpoints) == (B,)


async def test_env_and_files_that_it_names(tmp_path: Path, file: Path) -> None:
    """Endpoints of `.env` come and go with it; a file that it names from now on is watched from now on."""
    env = tmp_path / ".env"
    write(env, f"STREAMS_ENDPOINTS={json.dumps({'labs': [SECRETS[3]]})}\n")
    endpoints = Endpoints(load, OUTCOMES)
    watch = SecretWatch(endpoints, settled_s=0)
    await watch.check()
    write(env, f"STREAMS_ENDPOINTS={json.dumps({'junction': f'file:{file}'})}\n")
    assert [line["endpoint"] for line in await checked(watch)] == ["junction", "labs"]
    assert (endpoints.get("labs"), fingerprints(endpoints)) == (None, (A,))
    write(file, SECRETS[1])
    await watch.check()
    assert fingerprints(endpoints) == (B,)
    for wrong in ("STREAMS_ENDPOINTS={", "STREAMS_PARTITIONS=many", ""):
        write(env, wrong)
        assert [line["event"] for line in await checked(watch)] == ["secrets_not_taken"]
    assert fingerprints(endpoints) == (B,)


async def test_on_request(file: Path) -> None:
    """A person who asks gets an answer in the log, also where nothing has changed."""
    endpoints = of(file)
    assert [line["event"] for line in await checked(SecretWatch(endpoints, settled_s=0), is_asked=True)] == [
        "secrets_unchanged"
    ]


async def test_it_runs_until_cancelled(file: Path) -> None:
    """Asked by a signal, the running watch reads at once."""
    endpoints = of(file)
    watch = SecretWatch(endpoints, settled_s=0)
    write(file, SECRETS[1])
    running = asyncio.create_task(watch.run())
    watch.ask()
    async with asyncio.timeout(10):
        while fingerprints(endpoints) != (B,):  # noqa: ASYNC110  # because nothing signals that a file was read
            await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def test_what_is_hardly_meant(tmp_path: Path) -> None:
    """A secret that stands twice, one that two endpoints have, and an open file are warnings."""
    path = tmp_path / "open"
    path.write_text(f"{SECRETS[0]}\n{SECRETS[0]}\n")
    settings = Settings(_env_file=None, endpoints={"a": [f"file:{path}"], "b": SECRETS[:1]})
    with capture_logs() as said:
        Endpoints(lambda: settings, OUTCOMES)
    doubts = [line["why"] for line in said if line["event"] == "secrets_doubtful"]
    assert doubts[:2] == [
        "endpoint a has a secret twice; the second has no effect",
        f"secret {A} is one of a and b: what is signed for one is accepted at the other",
    ]


lines = st.sampled_from([*SECRETS, "whsec_", SECRETS[0][:-1], "# no", ""]) | st.text(max_size=60)
contents = st.binary(max_size=200) | st.lists(lines, max_size=5).map(lambda some: "\n".join(some).encode())


@given(contents)
@given_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # because each example writes the file
def test_any_content(file: Path, content: bytes) -> None:
    """Whatever is written into the file: a check does not raise, and the keyring is the old or the new, whole."""
    write(file, SECRETS[0])
    endpoints = of(file)
    watch = SecretWatch(endpoints, settled_s=0)
    file.write_bytes(content)
    asyncio.run(checked(watch))
    assert fingerprints(endpoints) in ((A,), expected(content))


def expected(content: bytes) -> tuple[str, ...]:
    """What the content says, (A,) where it is nothing."""
    try:
        rows = [row.partition("#")[0].strip() for row in content.decode("utf-8-sig").splitlines()]
        return Keyring.parse([row for row in rows if row]).fingerprints or (A,)
    except Exception:  # any reason not to take it
        return (A,)
