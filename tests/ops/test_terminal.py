"""What a terminal gets to see: every text of data whole, and nothing of it as more than text."""

import ast
import io
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from connectors.control.apply import AppliedEndpoint
from connectors.control.compare import FieldChange
from connectors.control.guided import GuidedStep
from connectors.control.plan import Action, Plan, PlannedEndpoint
from connectors.doors.message_file import MessageFile
from connectors.doors.opening import MessageBounds
from connectors.history.reconcile.findings import ReconcileVerdict, ResourceFinding, UserReconciliation
from connectors.history.reconcile.reports import ResourceReport
from connectors.junction.pipeline_differences import FieldDifference
from connectors.junction.pipeline_setup import AppliedPipeline
from connectors.junction.webhook_api import Webhook
from connectors.postgres.erase import Erasure
from connectors.postgres.overview import StoredReject, TopicStatus
from connectors.rabbitmq.from_file import message_of
from connectors.webhook.proofs import ProvedRecord
from connectors.webhook.secret_report import SecretReport
from connectors.webhook.secret_use import SecretRow
from streams.alerts.alert_history import AlertHistory
from streams.alerts.lives.threshold import Threshold
from streams.alerts.rules.parser import ParsedRules
from streams.alerts.rules.rule_set import RuleSet
from streams.alerts.trial.data_span import DataSpan
from streams.alerts.trial.runner import TrialOutcome
from streams.alerts.trial.trial import FiredAlert
from streams.cli.show import (
    acls,
    alert_trial,
    alerts,
    doctor,
    doors,
    explain,
    fetch,
    letters,
    proofs,
    reconcile,
    schemas,
    secrets,
    sink,
    source_explain,
    source_setup,
    topics,
    webhook_steps,
    webhooks,
)
from streams.cli.show.drift import merged, render
from streams.cli.show.status import print_status
from streams.doors.compare import DoorDiff
from streams.doors.judging import Terms
from streams.doors.misses import MissingEvent
from streams.doors.report import DoorReport
from streams.events import DoorName
from streams.events.proof import Proof, ProofVerdict
from streams.events.resources import RESOURCES
from streams.events.rights import On, Operation, Right
from streams.kafka import tail
from streams.kafka.acls import AclPlan, Rule
from streams.kafka.allowed import LeftOut, Proposal
from streams.kafka.reader import Decoded
from streams.kafka.subjects import SubjectCheck, SubjectStatus
from streams.kafka.topic_changes import Change
from streams.letters.explain import Explanation
from streams.ops import terminal
from streams.ops.file_problems import FileProblem
from streams.ops.lines import look_at
from streams.ops.settings import Settings
from streams.ops.terminal import Rows, lines, shown
from streams.tables.history.request import Priority, Request, Why
from tests.cli.show.test_drift import record as drifted

ROOT = Path(__file__).resolve().parents[2]
MARKUP = "[/x][link=http://evil.example]d[/link]:pile_of_poo:"
HOSTILE = f"a\x1b]0;owned\x07\x9b2J\x1b[31m\r\nFAKE\u202eb\u2028c\u2029\ud800\x08{MARKUP}"
SHOWN = rf"a\x1b]0;owned\x07\x9b2J\x1b[31m\x0d\x0aFAKE\u202eb\u2028c\u2029\ud800\x08{MARKUP}"
UUID = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
LONGEST_TYPE = max((f"historical.data.{name}.created" for name in RESOURCES), key=len)
AT = datetime(2026, 6, 3, 10, tzinfo=UTC)


PLACE = {"raw_partition": 1, "raw_offset": 2}


def a_step(x: str) -> dict[str, Any]:
    evidence = {
        "time": AT,
        "provider": x,
        "source_type": x,
        "entity": x,
        "raw_topic": x,
        "raw_partition": 1,
        "raw_offset": 2,
    }
    words = dict.fromkeys(("id", "rule", "severity", "user_id", "summary", "link", "life", "resolution", "subject"), x)
    return words | {"revision": 1, "at": AT, "opened_at": AT, "resolved_at": AT, "evidence": [evidence | PLACE]}


def an_alert(x: str) -> AlertHistory:
    proof = {"revision": 1, "receiver": x, "attempt": 1, "at": AT, "status": x, "http_status": 500, "reason": x}
    return AlertHistory([a_step(x)], [proof])


def a_view(x: str) -> dict[str, Any]:
    """What a worker answers, with the words in every place."""
    link = {
        "provider": x,
        "status": "error",
        "error_type": x,
        "since": x,
        "last_data_at": x,
        "resources_available": [x],
    }
    rows = dict.fromkeys(("rows", "rows_new", "rows_same", "rows_changed", "rows_other"), 1)
    fill = {"provider": x, "resource": x, "status": x, "reason": x, "share": 0.5, "first_data_at": x, "last_data_at": x}
    held = {"provider": x, "resource": x, "newest_data_at": x, "age_s": 1, "last_delivery_at": x, "days_with_data": 1}
    return {
        "partition": x, "worker": x, "as_of": x, "user_id": x, "connections": [link], "resources": [held],
        "backfills": [fill | rows | {"next_try_at": x}], "awaited": [{"provider": x, "resource": x}],
    }  # fmt: skip


def an_outcome(x: str) -> TrialOutcome:
    fired = FiredAlert("1", x, x, x, x, 1_780_000_000_000_000, 1_780_000_001_000_000, x, 1)
    return TrialOutcome(RuleSet.of([]), 0, 1, {x: DataSpan(0)}, skipped=Counter({x: 1}), fired=[fired], records=1)


def everybody(x: str) -> list[UserReconciliation]:
    return [
        UserReconciliation(
            x, [ResourceFinding(x, x, ReconcileVerdict.BEHIND, ResourceReport(start_us=0, end_us=1), 1, 2)]
        )
    ]


def explained(x: str) -> Explanation:
    words = dict.fromkeys(("event_type", "family", "resource", "user_id", "team_id", "raw_topic", "key", "version"), x)
    more = {name: [x] for name in ("keys", "problems", "unknown_fields", "drift")}
    return Explanation(**words, **more, clean_topic=x, schema=x, reason=x, detail=x, partition=1)  # type: ignore[arg-type]  # because the fields' types differ


def a_letter(x: str) -> dict[str, str]:
    return dict.fromkeys((*letters._SHOWN, "redriven_from"), x)


def a_secret(x: str) -> SecretReport:
    return SecretReport(SecretRow(x, 0, x, x, 1, 1.0, 1.0), 1, True, x)


def a_difference(x: str) -> DoorDiff:
    terms = Terms(0, 0, DoorName.PUBSUB, (DoorName.WEBHOOK,))
    missing = MissingEvent(True, x, 1, 2, x, x, x, x, 3, matters=True)
    return DoorDiff(DoorReport(terms, {}, kinds={0: [0, 0, 1]}), [x], 1, 0, [missing])


def proved(x: str) -> ProvedRecord:
    return ProvedRecord(x, 0, 1, 2, 3, Proof(ProofVerdict.HEADERS, x, x, x, 1, x, x, 0))


def printed(renderable: Any) -> None:
    terminal.console().print(renderable)


def by_tail(x: str) -> None:
    tail.show(
        terminal.console(), Decoded(x, 0, 1, 2, x.encode("utf-8", "replace"), {x: x, "b": {"c": [x]}}), as_json=False
    )


def by_explain(x: str) -> None:
    body = b'{"event_type": "daily.data.sleep.created"}'
    explain.print_explanations([(x, body)], "junction", 1, as_json=False)


def by_source_explain(x: str) -> None:
    file = MessageFile({"routing_key": x, "properties": {"message_id": x}}, b"{")
    message = message_of(file, "junction", 0, MessageBounds(100, 100))
    source_explain.print_message(x, message, Settings(_env_file=None), as_json=False)


def a_plan(x: str) -> AclPlan:
    rules = [Rule(x, Right(On.TOPIC, x, Operation.READ), x)]
    return AclPlan(rules, rules, rules, rules)


def proposal(x: str) -> Proposal:
    return Proposal([Change(x, x, x)], [LeftOut(x, 1, x, x)], x)


# Everything that prints what data say.
PAGES: dict[str, Callable[[str], None]] = {
    "tail": by_tail,
    "explain": by_explain,
    "explanation": lambda x: printed(explain.render(explained(x))),
    "drift": lambda x: printed(
        render(merged([drifted(x, x, path=x, found=x, raw_topic=x)])),
    ),
    "source setup": lambda x: source_setup.print_applied(AppliedPipeline({x: [FieldDifference(x, x, x + x)]}, {x: []})),
    "source setup plan": lambda x: source_setup.print_planned({x: [FieldDifference(x, x, x + x)]}),
    "source explain": by_source_explain,
    "letters": lambda x: terminal.say(letters._line(a_letter(x))),
    "letter": lambda x: printed(terminal.pairs(a_letter(x).items())),
    "shape": lambda x: printed(lines([x])),
    "status": lambda x: print_status(a_view(x), as_json=False),
    "alerts list": lambda x: alerts.print_list([an_alert(x)], as_json=False),
    "alerts show": lambda x: alerts.print_alert(an_alert(x), as_json=False),
    "alerts test": lambda x: alert_trial.print_trial(an_outcome(x), show_all=True, as_json=False),
    "alerts check": lambda x: void(alerts.print_check(x, ParsedRules([], [FileProblem(1, x, x)]), as_json=False)),
    "thresholds": lambda x: alerts.print_bounds([Threshold(x, x, 1.0, time_zone=x)], as_json=False),
    "reconcile": lambda x: reconcile.print_certificate(everybody(x)[0], as_json=False),
    "reconcile --all": lambda x: reconcile.print_summary(everybody(x), as_json=False),
    "topics": lambda x: topics.print_changes(proposal(x), [], applied=False, as_json=False),
    "topics acls": lambda x: acls.print_plan(a_plan(x), applied=False, as_json=False),
    "doctor": lambda x: void(doctor.print_lines([look_at(x, x, x)], as_json=False) == 0),
    "schemas": lambda x: void(schemas.print_checks([SubjectCheck(x, x, x, SubjectStatus.NEW)], as_json=False)),
    "secrets": lambda x: secrets.print_secrets([a_secret(x)], 2.0, as_json=False),
    "verify": lambda x: void(proofs.print_proof(proved(x), as_json=False)),
    "verify --since": lambda x: void(proofs.print_proofs([proved(x)], as_json=False)),
    "source diff": lambda x: void(doors.print_diff(a_difference(x), 0, as_json=False)),
    "sink status": lambda x: sink.print_status([TopicStatus(x, x, 1, 2, 3, AT, 4)], as_json=False),
    "sink rejects": lambda x: sink.print_rejects([StoredReject(x, 1, 2, x, AT)], as_json=False),
    "sink erase": lambda x: sink.print_erasure(Erasure(x, AT, {x: 1}), is_vacuumed=False, as_json=False),
    "sink rebuild": lambda x: sink.print_rebuild(x, 1, as_json=False),
    "webhooks plan": lambda x: webhooks.print_plan(a_webhook_plan(x), as_json=False),
    "webhooks apply": lambda x: webhooks.print_applied(AppliedEndpoint(x, x, [x], x, (FieldChange(x, x, x),))),
    "webhooks list": lambda x: webhooks.print_list([Webhook(x, x, x, 1, False, None, x, x)], as_json=False),
    "webhooks steps": lambda x: webhook_steps.print_steps(x, [GuidedStep(x, (x,), x)]),
    "fetch": lambda x: fetch.print_requests([Request(x, x, x, x, 0, 0, Why.PERSON, Priority.NORMAL)], as_json=False),
}


def a_webhook_plan(x: str) -> Plan:
    return Plan((x, x, x), (PlannedEndpoint(x, Action.CHANGE, (FieldChange(x, x, x),), x, x, (), (x,)),), ())


def void(_: bool) -> None:
    """Nothing: what a page answers is not printed."""


class Screen(io.StringIO):
    """A terminal of 80 columns, as far as a program can tell."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def screen_of(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """From now on what is printed appears on it."""
    made = Screen()
    monkeypatch.setattr(sys, "stdout", made)
    for name, value in {"COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    return made


@given(st.text(st.characters()))
def test_what_is_shown_are_signs(text: str) -> None:
    """No character of Unicode's category C and no line separator is left; signs are as they were."""
    assert not any(map(is_hidden, shown(text)))
    signs = "".join(one for one in text if not is_hidden(one))
    assert shown(signs) == signs


def is_hidden(one: str) -> bool:
    return unicodedata.category(one)[0] == "C" or unicodedata.category(one) in ("Zl", "Zp")


@pytest.mark.parametrize("name", PAGES)
def test_no_page_obeys_its_data(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Escapes, line breaks, characters that turn the line, and markup are told, not done."""
    PAGES[name](HOSTILE)
    out = capsys.readouterr().out
    assert not [one for one in out if is_hidden(one) and one != "\n"]
    assert "\nFAKE" not in out
    assert "FAKE" in out or name == "reconcile --all"
    assert SHOWN in out.replace("│", "")


@pytest.mark.parametrize("name", PAGES)
def test_what_is_shown_at_80_columns_is_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id and the longest event type can be read, and copied, on a terminal of 80 columns."""
    screen = screen_of(monkeypatch)
    for words in (UUID, LONGEST_TYPE):
        PAGES[name](words)
        assert words in screen.getvalue()
    rows = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert [row for row in rows if len(row) > 80 and re.search("[│┃━]", row)] == []


def test_a_table_where_it_fits() -> None:
    """On a wide terminal rows stay rows, and a name that repeats is named once."""
    rows = Rows("provider", "n", right=["n"], once="provider", title="T", is_bare=True)
    for n in ("1", "22"):
        rows.add("oura", n)
    out = io.StringIO()
    Console(file=out, width=80).print(rows)
    assert [line.strip() for line in out.getvalue().splitlines()] == ["T", "provider   n", "oura       1", "22"]


def test_a_payload_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is revealed is harmless on a terminal."""
    screen = screen_of(monkeypatch)
    terminal.reveal("a\x1b[2J")
    assert screen.getvalue() == "a\\x1b[2J\n"


def test_a_payload_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """A program gets what it asked for."""
    terminal.reveal("a\x1b[2J")
    assert capsys.readouterr().out == "a\x1b[2J\n"


def test_json_has_no_word_for_what_is_no_number(capsys: pytest.CaptureFixture[str]) -> None:
    """A strict reader takes every line of --json."""
    terminal.machine({"a": [float("nan"), 1.5], "b": {"c": float("inf")}, "at": AT}, str)
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert said == {"a": [None, 1.5], "b": {"c": None}, "at": str(AT)}


# What prints only what this program made up, or who calls it.
OWN = {"demo", "simulator"}
PRINTING = {"print", "Console", "Table", "Text", "Text.assemble", "sys.stdout.write", "sys.stdout.buffer.write"}
ALLOWED = {
    ("streams/cli/show/progress.py", "Console"),  # a progress bar on stderr, with words of ours
    ("streams/events/schemas/released.py", "print"),  # the name of a file that it has written
}


def product() -> list[Path]:
    found = [*(ROOT / "streams").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]
    return [path for path in found if path.relative_to(ROOT).parts[1] not in OWN]


def calls(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_one_module_prints() -> None:
    """Every text of a command passes `terminal`, which is why the pages above can be believed."""
    files = {str(path.relative_to(ROOT)): path for path in product()}
    found = {
        (name, call)
        for name, path in files.items()
        if name != "streams/ops/terminal.py"
        for call in calls(path)
        if call in PRINTING
    }
    assert found - ALLOWED == set()


def test_no_string_is_printed_past_it() -> None:
    """A console gets what `terminal` made: a string would not be escaped."""
    strings = [
        f"{path.name}:{node.lineno}"
        for path in product()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("print", "rule")
        and any(isinstance(arg, ast.Constant | ast.JoinedStr | ast.BinOp) for arg in node.args)
    ]
    assert strings == []
