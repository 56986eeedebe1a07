"""The console over HTTP: who may ask, what is asked, what comes back, and what is said of everything else."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from streams.lineage.serving import server
from streams.lineage.serving.client import ConsoleClient, NoConsole, open_console
from streams.lineage.serving.questions import DataQuery, WhyQuery
from streams.lineage.telling import Story
from streams.ops.errors import Misconfigured, Unavailable
from tests.lineage.serving.desks import REACH, Echo, running, settings

ID = "msg_2mQ3PZ9cN0Zr0Qk1Yv1n8h2d3eF"


async def get(url: str, **headers: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if answer.content_type == "application/json" else text


async def test_a_story_is_the_same_on_the_other_side() -> None:
    """The client's answers are the stories that were told, for each kind of question, and how far the index reaches."""
    echo = Echo()
    data = DataQuery("u|1", "sleep", "last-night", "a/b", "2026-06-03T10:00:00+02:00", show_values=True)
    why = WhyQuery("ü", "heartrate", "2026-06-03", ask_junction=True)
    async with running(settings(), echo) as url, open_console(settings(console_url=url)) as console:
        told = await console.delivery(ID)
        assert told == Echo().delivery(ID)
        assert type(told) is Story
        await console.data(data)
        await console.why(why)
        assert await console.reach() == REACH
    assert echo.asked == [(ID, False), data, why]


@pytest.mark.parametrize(
    "id",
    [
        "daily.data.sleep.created/../x",
        "daily.data.sleep.created/a b?c#d%2F",
        "daily.data.sleep.created/ümlaut",
        'daily.data.sleep.created/{"a":1}',
        "x" * 256,
    ],
)
async def test_an_id_of_any_letters_comes_through(id: str) -> None:
    """What is in a path is one id, whatever is in it; one that is a path is refused with the forms that there are."""
    echo = Echo()
    async with running(settings(), echo) as url, open_console(settings(console_url=url)) as console:
        if ".." in id:
            with pytest.raises(Misconfigured, match="Ids of deliveries are"):
                await console.delivery(id)
            return
        await console.delivery(id, show_values=True)
    assert echo.asked == [(id, True)]


@pytest.mark.parametrize("id", ["", "x" * 1_000_000, "a\0b", "../../etc/passwd", "msg_\ud800"])
async def test_what_is_no_id_is_never_sent(id: str) -> None:
    """A sentence that says which forms there are, and no question to anybody."""
    async with open_console(settings(console_url="http://127.0.0.1:9")) as console:
        with pytest.raises(Misconfigured, match="msg_ and 27 letters"):
            await console.delivery(id)


@pytest.mark.parametrize(
    "query",
    [
        DataQuery("u" * 257, "sleep"), DataQuery("u", "s" * 65), DataQuery("", "sleep"), DataQuery("u", " "),
        DataQuery("u\0", "sleep"), DataQuery("u", "sleep", "2" * 1_000_000), DataQuery("\ud800", "sleep"),
        DataQuery("u", "sleep", entity="e" * 257), DataQuery("u", "sleep", at="\x1b[31m"),
    ],
)  # fmt: skip
async def test_words_that_are_none_are_never_sent(query: DataQuery) -> None:
    """Too long, empty, or not printable: a sentence that names the parameter and not its text."""
    async with open_console(settings(console_url="http://127.0.0.1:9")) as console:
        with pytest.raises(Misconfigured, match=r"^the (user|resource|day|entity|at) "):
            await console.data(query)


@pytest.mark.parametrize(
    "asked",
    [
        "/story?user=u&resource=sleep&days=1", "/story?resource=sleep", "/story?user=u&user=v&resource=sleep",
        "/why?user=u&resource=sleep&ask_junction=yes", "/deliveries/x?show_value=1", "/deliveries/x?show_values=on",
        "/story?user=u%00&resource=sleep", "/story?user=%ED%A0%80%1B&resource=sleep",
    ],
)  # fmt: skip
async def test_another_clients_mistakes_are_sentences(asked: str) -> None:
    """Parameters that are unknown, missing, doubled or no flags are 400 with a sentence; nobody is asked."""
    echo = Echo()
    async with running(settings(), echo) as url:
        status, answer = await get(f"{url}{asked}")
    assert (status, list(answer)) == (400, ["error"])
    assert not echo.asked


async def test_a_url_is_bounded() -> None:
    """A line that is longer than any question is refused before it is looked at."""
    echo = Echo()
    async with running(settings(), echo) as url:
        status, _ = await get(f"{url}/deliveries/{'x' * 20_000}")
        assert status == 400
        assert (await get(f"{url}/healthz"))[0] == 200
    assert not echo.asked


async def test_who_does_not_know_the_token_learns_nothing() -> None:
    """401 for all pages but /healthz; the client says which setting it is; the right token is answered."""
    mine = settings(query_token=SecretStr("s3cret"))
    echo = Echo()
    async with running(mine, echo) as url:
        for page in ("/deliveries/x", "/story?user=u&resource=sleep", "/why?user=u&resource=sleep", "/reach"):
            assert (await get(f"{url}{page}"))[0] == 401
            assert (await get(f"{url}{page}", authorization="Bearer s3cre"))[0] == 401
        assert not echo.asked
        async with open_console(settings(console_url=url)) as console:
            with pytest.raises(Misconfigured, match="STREAMS_QUERY_TOKEN"):
                await console.delivery(ID)
        async with open_console(settings(console_url=url, query_token=SecretStr("s3cret"))) as console:
            assert (await console.delivery(ID)).ending == "found"


async def test_a_page_of_a_stranger_gets_nothing() -> None:
    """Without a token it answers to names of this host alone: another's name may resolve to 127.0.0.1."""
    async with running(settings(), Echo()) as url:
        status, _ = await get(f"{url}/reach", host="evil.example")
        assert status == 421


@pytest.mark.parametrize(
    ("trouble", "kind", "said"),
    [
        (Misconfigured("a year has four digits"), Misconfigured, "^a year has four digits$"),
        (Unavailable("the disk is gone"), Unavailable, "says: the disk is gone"),
        (RuntimeError("marker"), Unavailable, "cannot be answered .RuntimeError."),
    ],
)
async def test_what_went_wrong_is_told(
    trouble: Exception, kind: type[Exception], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong question is a person's, the rest is the console's; what nobody foresaw is named by its type alone."""
    async with running(settings(), Echo(trouble)) as url, open_console(settings(console_url=url)) as console:
        with pytest.raises(kind, match=said) as raised:
            await console.delivery(ID)
    assert not isinstance(raised.value, NoConsole)
    assert "marker" not in str(raised.value) + "".join(capsys.readouterr())


async def test_nobody_there_is_told_from_somebody_else() -> None:
    """Both are NoConsole: whoever asked may read Kafka; each sentence says what to do."""
    async with open_console(settings(console_url="http://127.0.0.1:9")) as console:
        with pytest.raises(NoConsole, match="junction-streams lineage serve"):
            await console.delivery(ID)
    html = web.Response(text="<html>")
    async with other(lambda _: html) as url, open_console(settings(console_url=url)) as console:
        with pytest.raises(NoConsole, match="check STREAMS_CONSOLE_URL"):
            await console.delivery(ID)


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"ending": 1, "sentence": "x"}',
        "nothing",
        "[" * 100_000,
        '{"ending":"x","sentence":"y","steps":[1]}',
    ],
)
async def test_an_answer_of_another_form(body: str) -> None:
    """Whatever answers with 200 and no story is no console, said in a sentence."""
    json_ = web.Response(text=body, content_type="application/json")
    async with other(lambda _: json_) as url, open_console(settings(console_url=url)) as console:
        with pytest.raises(NoConsole, match="no console of this version"):
            await console.delivery(ID)


async def test_more_questions_than_can_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The questions that are too many are refused at once, with when to come again; the others are answered."""
    monkeypatch.setattr(server, "WAITING_MAX", 2)
    free, begun = threading.Event(), threading.Semaphore(0)

    class Slow(Echo):
        def delivery(self, id: str, *, show_values: bool = False) -> Story:
            begun.release()
            free.wait(20)
            return super().delivery(id)

    async with running(settings(), Slow()) as url:
        waiting = [asyncio.create_task(get(f"{url}/deliveries/x")) for _ in range(2)]
        for _ in waiting:
            await asyncio.to_thread(begun.acquire, timeout=20)
        status, answer = await get(f"{url}/deliveries/x")
        free.set()
        assert [status for status, _ in await asyncio.gather(*waiting)] == [200, 200]
    assert (status, answer) == (503, {"error": "too many questions at once"})


@asynccontextmanager
async def other(answer: Any) -> AsyncIterator[str]:
    """Somebody else's server."""

    async def handle(request: web.Request) -> web.Response:
        return answer(request)

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def test_a_port_that_any_is_free_is_no_address() -> None:
    """The client is made of settings alone, and needs no console to be made."""
    assert ConsoleClient(settings(console_host="::1", console_port=8060)).shown == "http://[::1]:8060"
