"""The chain of webhooks, link by link: what is right, what to look at, what is wrong, what nobody can see."""

import pytest

from streams.doctor.judge import webhooks
from streams.doctor.judge.webhooks import WebhookSeen, WebhookWanted
from streams.events import DAY_S, HOUR_S, resources
from streams.ops.lines import Line, State, exit_code

NOW_S = 1_790_000_000.0
URL = "https://in.example/webhooks/junction"
WANTED = WebhookWanted("junction", URL)
SEEN = WebhookSeen("ep_1", URL, False, None)
ALL = (
    "provider.connection.created",
    "provider.device.created",
    "historical.data.sleep.created",
    "labtest.order.updated",
    "continuous_query.result_table.changed",
    *(f"daily.data.{name}.updated" for name in resources.RESOURCES),
)


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        ([SEEN], State.OK, "ep_1 is the one"),
        ([], State.WRONG, "no endpoint at Junction has the tag"),
        ([SEEN, SEEN._replace(id="ep_2")], State.WRONG, "ep_1 and ep_2"),
        ([SEEN._replace(is_disabled=True)], State.WRONG, "switched off"),
        ([SEEN._replace(url="https://old.example/")], State.WRONG, "another URL than webhooks.toml"),
    ],
)
def test_an_endpoint(found: list[WebhookSeen], state: State, words: str) -> None:
    """There, one, on, with the right URL."""
    lines = webhooks.endpoint(WANTED, found)
    assert [line.state for line in lines] == [state]
    assert words in lines[0].found
    assert (lines[0].change != "") is (state is not State.OK)


def test_labs_will_stay_empty() -> None:
    """The line that would have spared a day: named by its topic, with what lets it in; wrong where it was wanted."""
    types = tuple(one for one in ALL if not one.startswith("labtest."))
    (line,) = webhooks.filters(WANTED, types)
    assert (line.state, line.found) == (
        State.WRONG,
        "junction: labs will stay empty: labtest.* is filtered out",
    )
    (meant,) = webhooks.filters(WANTED._replace(patterns=("*", "!labtest.*")), types)
    assert (meant.state, "labs will stay empty" in meant.found) == (State.LOOK_AT, True)


@pytest.mark.parametrize(
    ("out", "means"),
    [("provider.connection.", "nobody's connection is known"), ("historical.", "no history is fetched")],
)
def test_what_the_product_cannot_be_without(out: str, means: str) -> None:
    """Wrong also where webhooks.toml says so."""
    types = tuple(one for one in ALL if not one.startswith(out))
    (line,) = webhooks.filters(WANTED._replace(patterns=("*", f"!{out}*")), types)
    assert (line.state, means in line.found) == (State.WRONG, True)


@pytest.mark.parametrize("name", ["sleep", "heartrate"])
def test_each_resource_has_its_topic(name: str) -> None:
    """A topic of data that stays empty is named."""
    (line,) = webhooks.filters(WANTED, tuple(one for one in ALL if f".{name}." not in one or "historical" in one))
    assert (line.state, f"{name} will stay empty" in line.found) == (State.WRONG, True)


def test_everything_and_all_of_today() -> None:
    """No filter lets tomorrow's types in; a list of all does not."""
    assert [line.state for line in webhooks.filters(WANTED, None)] == [State.OK]
    assert [line.state for line in webhooks.filters(WANTED, ALL)] == [State.LOOK_AT]


@pytest.mark.parametrize(
    ("here", "state"),
    [
        (("aaaaaaaa", "bbbbbbbb"), State.OK),
        (("bbbbbbbb", "aaaaaaaa"), State.LOOK_AT),
        (("bbbbbbbb",), State.WRONG),
        ((), State.UNCHECKED),
    ],
)
def test_the_secret_at_junction(here: tuple[str, ...], state: State) -> None:
    """By its fingerprint one of ours, and the newest."""
    assert webhooks.secret("junction", "aaaaaaaa", here).state is state


def states(heard_s: float | None, counted: webhooks.Series | None) -> list[tuple[str, State]]:
    return [(line.about, line.state) for line in webhooks.deliveries(heard_s, counted, NOW_S)]


def test_heartbeats_beside_what_junction_counts() -> None:
    """Both together say who is wrong: silence alone may be a quiet night."""
    lately, long_ago = NOW_S - 60, NOW_S - 3 * HOUR_S
    fine = {"success": [(NOW_S - 600, 12.0)]}
    assert states(lately, fine) == [("deliveries", State.OK), ("attempts", State.OK)]
    assert states(long_ago, fine)[0] == ("deliveries", State.WRONG)
    assert states(None, fine)[0] == ("deliveries", State.WRONG)
    assert states(long_ago, {})[0] == ("deliveries", State.OK)
    assert states(lately, None) == [("deliveries", State.OK)]
    assert states(None, None) == [("deliveries", State.LOOK_AT)]


def test_attempts_that_fail_since() -> None:
    """Since the last that did not: told with the time until Junction switches the endpoint off."""
    counted = {
        "success": [(NOW_S - 3 * DAY_S, 9.0)],
        "fail": [(NOW_S - 2 * DAY_S, 5.0), (NOW_S - DAY_S, 5.0), (NOW_S - 4 * DAY_S, 1.0)],
    }
    line = list(webhooks.deliveries(NOW_S - 3 * DAY_S, counted, NOW_S))[1]
    assert line.state is State.WRONG
    assert line.found == "all 10 attempts have failed for 2 d: in 3 d Junction switches the endpoint off"
    mixed = {"success": [(NOW_S - 60, 9.0)], "fail": [(NOW_S - HOUR_S, 2.0)]}
    assert states(NOW_S - 60, mixed) == [("deliveries", State.OK), ("attempts", State.LOOK_AT)]


def test_pipelines() -> None:
    """One way is right, two are a move, and a pipeline alone means that no webhook comes."""
    found = [webhooks.pipeline(one, preferred, "svix").state for one, preferred in (
        (None, "svix"), (["svix", "rabbitmq"], "svix"), (["rabbitmq"], "rabbitmq")
    )]  # fmt: skip
    assert found == [State.OK, State.LOOK_AT, State.WRONG]


def test_what_nobody_can_see_is_no_failure() -> None:
    """Without a key the dashboard is named, and the exit code stays 0."""
    line: Line = webhooks.without_key(has_file=False)
    assert (line.state, "dashboard" in line.change, exit_code([line])) == (State.UNCHECKED, True, 0)
    assert webhooks.survived(90).state is State.OK
