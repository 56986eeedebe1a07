"""A rules file: what is wrong is named with its line and a hint; what is right becomes rules in our units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.alerts.rules import fields, parser
from streams.alerts.rules.rule import QuietHours
from streams.alerts.rules.rule_set import RuleSet
from streams.events.times import DAY_US, HOUR_US, MINUTE_US
from tests.alerts.stage import LOW

GOOD = """
# a comment
[[rule]]
name = "glucose-low"
kind = "threshold"
resource = "glucose"
below = "3.9 mmol/L"
clear_above = "4.4 mmol/L"
samples = 2
within = "15m"
quiet = "22:00-07:00"
severity = "critical"

[[rule]]
name = "afib"
kind = "event"
resource = "electrocardiogram"
enabled = false
[rule.where]
classification = ["atrial_fibrillation"]
"""


def test_a_good_file() -> None:
    """Every rule, in order; those that are switched off are read, but not applied."""
    found = parser.parse(GOOD)
    assert found.problems == ()
    low, afib = found.rules
    assert (low.side, low.bound, low.clear, low.unit) == (-1, 3.9, 4.4, "mmol/L")
    assert (low.samples, low.within_us, low.quiet) == (2, 15 * MINUTE_US, QuietHours(22 * 60, 7 * 60))
    assert (low.max_age_us, low.resolve_after_us) == (2 * HOUR_US, 6 * HOUR_US)
    assert afib.where == (("classification", frozenset({"atrial_fibrillation"})),)
    assert afib.resolve_after_us == DAY_US
    assert list(RuleSet.of(found.rules).by_name) == ["glucose-low"]


def test_an_empty_file_has_no_rules() -> None:
    """No rule is a rules file, too."""
    assert parser.parse("") == parser.ParsedRules()
    assert not RuleSet.of(())


@pytest.mark.parametrize(
    ("before", "after", "line", "text", "hint"),
    [
        ("below =", "bellow =", 7, "unknown: bellow", "below"),
        ("3.9 mmol/L", "70 mg/dL", 7, "glucose is in mmol/L, not in mg/dL", "70 mg/dL is 3.89 mmol/L"),
        ('"3.9 mmol/L"', "3.9", 7, "no unit", '"3.9 mmol/L"'),
        ("clear_above", "clear_below", 8, "clear_below: does not go with below", "clear_above"),
        ("4.4", "3.4", 8, "clear_above: lies on the wrong side of below", ""),
        ('"15m"', '"15 minutes"', 10, "within: not a duration", ""),
        ('within = "15m"\n', "", 9, "samples: within which time?", "within ="),
        ('"glucose"', '"glucos"', 6, "no resource 'glucos' here", "glucose"),
        ('"glucose"', '"sleep"', 6, "sleep has several numbers", "hr_resting_bpm"),
        ('"glucose"', '"cholesterol"', 6, "samples of cholesterol are of several types", "type ="),
        ('kind = "threshold"', 'kind = "treshold"', 5, "no such kind of rule", "threshold"),
        ("22:00-07:00", "22-7", 11, "quiet: not hours of a day", ""),
        ('"critical"', '"fatal"', 12, "severity: Input should be 'info', 'warning' or 'critical'", ""),
        ("samples = 2", 'samples = "two"', 9, "samples: Input should be a valid integer", ""),
        ('name = "afib"', 'name = "glucose-low"', 15, "a second rule 'glucose-low'", ""),
        ('name = "afib"', 'name = "A fib"', 15, "not a name", "small letters"),
        ("classification =", "clasification =", 20, "electrocardiogram has no text or flag", "classification"),
        ('"electrocardiogram"', '"electro"', 17, "no resource 'electro' here", "electrocardiogram"),
        ("[rule.where]", "[rule.were]", 19, "unknown: were", "where"),
        ("# a comment", "[[rules]]", 2, "unknown: rules", "[[rule]]"),
        ("samples = 2", "samples = ", 9, "not TOML", ""),
    ],
)
def test_what_is_wrong_is_named(before: str, after: str, line: int, text: str, hint: str) -> None:
    """One mistake at a time: its line, what it is, and what to do."""
    assert before in GOOD
    problems = parser.parse(GOOD.replace(before, after, 1)).problems
    assert any(p.line == line and text in p.text and hint in p.hint for p in problems), problems


def test_all_problems_at_once() -> None:
    """Two mistakes in one rule and one in the next are three lines."""
    text = GOOD.replace("3.9 mmol/L", "70 mg/dL").replace("within", "#").replace("classification", "class")
    assert [problem.line for problem in parser.parse(text).problems] == [7, 9, 20]


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Hostile or broken files give problems with lines, and never raise."""
    for given_text in (text, GOOD + text, "[[rule]]\n" + text):
        found = parser.parse(given_text)
        assert all(problem.line >= 1 for problem in found.problems)
        assert not (found.rules and found.problems)


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Bytes that are no UTF-8 are a problem of a line."""
    parser.parse_bytes(data)


def test_units_are_those_of_the_tables() -> None:
    """Every number of every resource has the unit of the table of resources, or of its schema."""
    assert fields.numbers("glucose") == {"value": "mmol/L"}
    assert fields.numbers("blood_pressure") == {"systolic": "mmHg", "diastolic": "mmHg"}
    assert fields.numbers("sleep")["hr_resting_bpm"] == "bpm"
    assert fields.numbers("sleep")["respiratory_rate_per_min"] == "breaths/min"
    assert fields.numbers("sleep")["score"] == ""
    assert fields.numbers("note") == {}


def test_what_judges_has_a_fingerprint() -> None:
    """Words and severity may change without a rule beginning anew; bounds may not."""

    def mark(**changed: object) -> int:
        return parser.rules_of([{**LOW, **changed}])[0].fingerprint

    assert mark(severity="info", summary="other", quiet="22:00-07:00", values=True) == mark()
    assert mark(below="3.8 mmol/L") != mark()
    assert mark(max_age="1h") != mark()
