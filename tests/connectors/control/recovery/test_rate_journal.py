"""The endpoint's rate comes back, however a recovery ends."""

from pathlib import Path

import pytest

from connectors.control.recovery.rate_journal import RateJournal
from streams.ops.errors import Misconfigured


class Rates:
    """What was set."""

    def __init__(self) -> None:
        self.set: list[tuple[str, int | None]] = []

    async def put(self, id: str, rate: int | None) -> None:
        self.set.append((id, rate))


async def test_it_is_lowered_and_put_back(tmp_path: Path) -> None:
    """The file with the old one is the user's alone, and is gone at the end."""
    rates, path = Rates(), tmp_path / "j.json"
    async with RateJournal(path).lowered(rates.put, "ep_1", None, 100):
        assert path.stat().st_mode & 0o777 == 0o600
    assert rates.set == [("ep_1", 100), ("ep_1", None)]
    assert not path.exists()


async def test_an_exception_puts_it_back_too(tmp_path: Path) -> None:
    """Ctrl-C is one."""
    rates = Rates()
    with pytest.raises(KeyboardInterrupt):
        async with RateJournal(tmp_path / "j.json").lowered(rates.put, "ep_1", 500, 100):
            raise KeyboardInterrupt
    assert rates.set == [("ep_1", 100), ("ep_1", 500)]


async def test_who_was_killed_is_put_right_by_the_next_run(tmp_path: Path) -> None:
    """Before it does anything else; then there is nothing to put back."""
    rates, path = Rates(), tmp_path / "j.json"
    path.write_text('{"endpoint": "ep_1", "rate": null}')
    journal = RateJournal(path)
    assert "no limit again" in await journal.put_back(rates.put)
    assert await journal.put_back(rates.put) == ""
    assert rates.set == [("ep_1", None)]


async def test_a_rate_that_is_low_already_stays(tmp_path: Path) -> None:
    """Nothing is written, and nothing set."""
    rates = Rates()
    for rate, meanwhile in ((50, 100), (None, None)):
        async with RateJournal(tmp_path / "j.json").lowered(rates.put, "ep_1", rate, meanwhile):
            assert not (tmp_path / "j.json").exists()
    assert not rates.set


@pytest.mark.parametrize("text", ["", "{}", '{"endpoint": "ep_1", "rate": "x"}', "[1]"])
async def test_a_file_that_says_nothing_is_a_persons(tmp_path: Path, text: str) -> None:
    """It stays, and nothing is set."""
    rates, path = Rates(), tmp_path / "j.json"
    path.write_text(text)
    with pytest.raises(Misconfigured, match="by hand"):
        await RateJournal(path).put_back(rates.put)
    assert path.exists()
    assert not rates.set


async def test_an_endpoint_that_is_gone_is_a_persons(tmp_path: Path) -> None:
    """The next recover says which file keeps it, and not only that there is no such endpoint."""
    path = tmp_path / "j.json"
    path.write_text('{"endpoint": "ep_1", "rate": 7}')

    async def gone(id: str, rate: int | None) -> None:
        raise Misconfigured("no such endpoint")

    with pytest.raises(Misconfigured, match=r"ep_1 is still lowered.*7 a second.*j\.json"):
        await RateJournal(path).put_back(gone)
    assert path.exists()
