"""The rules file as it is on disk: read again when it changes; one with mistakes changes nothing, and says so."""

import time
from pathlib import Path

from streams.alerts.lives.alert import Life
from streams.alerts.rules import parser
from streams.alerts.rules.rule_set import RuleSet
from streams.ops import log, metrics
from streams.ops.errors import Misconfigured

LOOK_EVERY_S = 1.0
PROBLEMS_SHOWN = 5

logger = log.get("alert_rules")


def load(path: Path) -> parser.ParsedRules:
    """What the file says. Raises Misconfigured if it cannot be read at all."""
    try:
        with path.open("rb") as file:
            return parser.parse_bytes(file.read(parser.FILE_BYTES_MAX + 1))
    except OSError as error:
        raise Misconfigured(f"cannot read the rules in {path}: {error.strerror}") from None


class RulesFile:
    """Call it as often as you like: it looks at the file once a second, and answers rules only when they changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looked_s = 0.0
        self._seen: tuple[int, int, int] | None = None

    def first(self) -> RuleSet:
        """At the start a bad file is a reason not to start. Raises Misconfigured with every problem."""
        self._seen = self._stamp()
        read = load(self._path)
        if read.problems:
            raise Misconfigured(f"{self._path}: {_sentence(read)}. `junction-streams alerts check` shows all of it")
        return self._accept(read)

    def __call__(self) -> RuleSet | None:
        if time.monotonic() < self._looked_s + LOOK_EVERY_S:
            return None
        self._looked_s = time.monotonic()
        stamp = self._stamp()
        if stamp == self._seen:
            return None
        self._seen = stamp
        try:
            read = load(self._path)
        except Misconfigured as error:
            self._refuse(str(error))
            return None
        if read.problems:
            self._refuse(_sentence(read))
            return None
        return self._accept(read)

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _accept(self, read: parser.ParsedRules) -> RuleSet:
        rules = RuleSet.of(read.rules)
        metrics.ALERT_RULES.set(len(rules.by_name))
        for rule in rules.by_name.values():  # 0 from the start: a rule that never fired is known not to have
            metrics.ALERTS_OPENED.labels(rule.name, rule.severity)
            for life in Life:
                metrics.ALERTS.labels(rule.name, life)
        metrics.ALERT_RELOADS.labels("accepted").inc()
        logger.info("rules_read", path=str(self._path), rules=len(read.rules), switched_on=len(rules.by_name))
        return rules

    def _refuse(self, why: str) -> None:
        metrics.ALERT_RELOADS.labels("refused").inc()
        logger.error("rules_refused", path=str(self._path), why=why, kept="the rules before")


def _sentence(read: parser.ParsedRules) -> str:
    shown = "; ".join(map(str, read.problems[:PROBLEMS_SHOWN]))
    more = len(read.problems) - PROBLEMS_SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown
