"""One token for a process: when another one is fetched, and what a failing server does."""

from collections.abc import Callable

import pytest

from streams.kafka.login import tokens
from streams.kafka.login.tokens import Token, Tokens
from streams.ops.errors import GaveUp, Misconfigured, Unavailable

LIFE_S = 100.0


class Server:
    """Gives numbered tokens, or raises `failure`. `now_s`: the clock."""

    def __init__(self) -> None:
        self.now_s, self.life_s, self.asked = 1_000.0, LIFE_S, 0
        self.failure: Exception | None = None

    def fetch(self) -> Token:
        self.asked += 1
        if self.failure:
            raise self.failure
        return Token(f"token-{self.asked}", self.now_s, self.now_s + self.life_s)

    def tokens(self) -> Tokens:
        return Tokens(self.fetch, clock=lambda: self.now_s)


@pytest.fixture
def server() -> Server:
    return Server()


def test_the_next_one_comes_before_the_end(server: Server) -> None:
    """Kept for a part of its life; then whoever asks gets another one."""
    kept = server.tokens()
    assert not kept.is_fresh()
    assert [kept.token().value, kept.token().value] == ["token-1", "token-1"]
    server.now_s += LIFE_S * tokens.FRESH - 1
    assert kept.is_fresh()
    assert kept.token().value == "token-1"
    server.now_s += 1
    assert not kept.is_fresh()
    assert kept.token().value == "token-2"


def test_a_token_of_a_day_is_not_kept_for_one(server: Server) -> None:
    """Kafka may take it no more, after a change of the token server's keys, and nobody is told."""
    server.life_s = 86_400.0
    kept = server.tokens()
    kept.token()
    server.now_s += tokens.FRESH_S_MAX - 1
    assert kept.is_fresh()
    server.now_s += 1
    assert not kept.is_fresh()
    assert kept.token().value == "token-2"


def test_a_clock_that_is_set_back(server: Server) -> None:
    """The token's end is one of the clock that was ahead: it would seem good long after it has ended. Nor is the time
    of the next question one of it."""
    kept = server.tokens()
    kept.token()
    server.failure = Unavailable("away")
    server.now_s += LIFE_S - 2
    assert kept.token().value == "token-1"
    server.failure = None
    server.now_s -= 3 * LIFE_S
    assert not kept.is_fresh()
    assert kept.token().value == "token-3"


@pytest.mark.parametrize("error", [Unavailable("away"), Misconfigured("refused")])
def test_a_failing_server_is_borne_until_the_end(server: Server, error: Exception) -> None:
    """The last token counts until it ends; nobody asks more often than once a second; then its failure is raised."""
    kept = server.tokens()
    kept.token()
    server.failure = error
    server.now_s += LIFE_S - 2
    assert [kept.token().value, kept.token().value] == ["token-1", "token-1"]
    assert server.asked == 2
    server.now_s += 2
    with pytest.raises(type(error), match=str(error)):
        kept.token()
    assert server.asked == 3
    server.failure = None
    server.now_s += tokens.AGAIN_S
    assert kept.token().value == "token-4"


@pytest.mark.parametrize(
    ("failure", "raised"), [(lambda: Unavailable("away"), GaveUp), (lambda: Misconfigured("no"), Misconfigured)]
)
def test_the_first_one_has_a_limit(
    server: Server, monkeypatch: pytest.MonkeyPatch, failure: Callable[[], Exception], raised: type[Exception]
) -> None:
    """A server that is away is waited for, not for ever; one that refuses is not."""
    monkeypatch.setattr(tokens, "PATIENCE_S", 0.05)
    monkeypatch.setattr(tokens, "AGAIN_S", 0.02)
    server.failure, kept = failure(), server.tokens()
    with pytest.raises(raised):
        kept.token()
    assert (server.asked > 1) is (raised is GaveUp)


def test_who_waited_together_is_told_together(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that want the first token at once do not wait one after the other."""
    monkeypatch.setattr(tokens, "PATIENCE_S", 0.0)
    server.failure, kept = Unavailable("away"), server.tokens()
    for _ in range(3):
        with pytest.raises(GaveUp):
            kept.token()
    assert server.asked == 1
    server.failure = None
    server.now_s += tokens.AGAIN_S
    assert kept.token().value == "token-2"
