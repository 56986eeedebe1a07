"""What a tried way means, in lines."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.control.probing.judge import Expected, lines_of
from connectors.control.probing.reading import HttpSeen, ProbeAnswer, SeenCertificate, answer_of
from connectors.control.probing.trial import ProbeTrial
from streams.events import DAY_S
from streams.ops.errors import StreamsError
from streams.ops.lines import Line, State

NOW_S = 1_790_000_000.0
PUBLIC = "https://in.example/webhooks/junction"


def answer(**changes: object) -> ProbeAnswer:
    base = ProbeAnswer(
        204, "g0/7", 1, "0.1.0", "aaaaaaaa", ("aaaaaaaa", "bbbbbbbb"), (), True, int(NOW_S * 1000),
        (NOW_S * 1000 - 20, NOW_S * 1000 + 20), 1024,
    )  # fmt: skip
    return base._replace(**changes)  # type: ignore[arg-type]  # because the names are fields


def lines(
    url: str = PUBLIC, hosts: tuple[str, ...] = ("93.184.216.34",), prints: tuple[str, ...] = (), **changes: object
) -> dict[str, Line]:
    trial = ProbeTrial(url, "junction", hosts, (answer(**changes),))
    made = lines_of(trial, Expected(prints, is_public=True, now_s=NOW_S, tolerance_s=300))
    return {line.about: line for line in made}


@pytest.mark.parametrize(
    ("left_d", "life_d", "state"),
    [
        (80, 90, State.OK),
        (22, 90, State.OK),
        (20, 90, State.LOOK_AT),
        (2, 90, State.WRONG),
        (30, 365, State.OK),
        (3, 6, State.OK),
        (1, 6, State.LOOK_AT),
    ],
)
def test_the_end_of_a_certificate(left_d: float, life_d: float, state: State) -> None:
    """Told before it is too late, by the life that it has: one of six days is renewed every few days."""
    ends_s = NOW_S + left_d * DAY_S
    assert lines(certificate=SeenCertificate(ends_s - life_d * DAY_S, ends_s))["certificate"].state is state


@pytest.mark.parametrize(
    ("prints", "state", "words"),
    [
        ((), State.OK, "is taken"),
        (("aaaaaaaa", "bbbbbbbb"), State.OK, "is taken"),
        (("aaaaaaaa",), State.LOOK_AT, "takes more than the file says"),
        (("bbbbbbbb", "aaaaaaaa"), State.LOOK_AT, "another order"),
        (("cccccccc", "aaaaaaaa"), State.WRONG, "reads its file every 2 s"),
    ],
)
def test_secrets_beside_those_of_the_file(prints: tuple[str, ...], state: State, words: str) -> None:
    """A gateway that has not read its file is found by its fingerprints."""
    line = lines(prints=prints)["secret"]
    assert (line.state, words in line.found + line.change) == (state, True)


def test_a_name_that_leads_inside() -> None:
    """From inside all is well, and Junction reaches nobody: said of the public URL, not of this machine's own."""
    assert lines(hosts=("10.0.0.7",))["name"].state is State.LOOK_AT
    assert lines()["name"].state is State.OK
    assert "name" not in lines("http://127.0.0.1:8080/webhooks/junction", ("127.0.0.1",))


def test_a_gateway_without_kafka() -> None:
    """The way is whole, and deliveries are refused all the same."""
    assert lines(is_ready=False)["gateway"].state is State.WRONG


@given(
    st.integers(100, 599),
    st.dictionaries(
        st.sampled_from(["location", "www-authenticate", "junction-streams-secrets", "junction-streams-uses",
                         "junction-streams-instance", "junction-streams-processes", "junction-streams-version",
                         "junction-streams-secret", "junction-streams-clock", "junction-streams-ready"]),
        st.text(max_size=20),
    ),
    st.binary(max_size=40),
)  # fmt: skip
def test_any_answer_has_one_outcome(status: int, headers: dict[str, str], body: bytes) -> None:
    """An answer, or an error of ours: whatever a server says."""
    seen = HttpSeen(status, headers, body, (0.0, 1.0))
    with suppress(StreamsError):
        assert isinstance(answer_of(seen, PUBLIC, "junction", 1024), ProbeAnswer)
