"""The rules file on disk, read again when it changes. A file with mistakes is logged, and the rules before stay."""

import time
from pathlib import Path

from streams.alerts.lives import Life
from streams.alerts.rules import RuleSet, parser
from streams.ops import log, metrics
from streams.ops.errors import Misconfigured
from streams.ops.file_stamp import Stamp, stamp

CHECK_EVERY_S = 1.0
PROBLEMS_SHOWN = 5

logger = log.get("alert_rules")


def load(path: Path) -> parser.ParsedRules:
    """The rules or the problems of a file. Raises Misconfigured if it cannot be read at all."""
    try:
        with path.open("rb") as file:
            return parser.parse_bytes(file.read(parser.FILE_BYTES_MAX + 1))
    except OSError as error:
        raise Misconfigured(f"cannot read the rules in {path}: {error.strerror}") from None


class RulesFile:
    """Callable at any rate: checks the file once a second, and returns the rules only when they have changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._checked_s = 0.0
        self._seen: Stamp | None = None

    def first(self) -> RuleSet:
        """The rules at the start. Raises Misconfigured with every problem."""
        self._seen = stamp(self._path)
        read = load(self._path)
        if read.problems:
            raise Misconfigured(f"{self._path}: {_sentence(read)}. `junction-streams alerts check` shows all of it")
        return self._accept(read)

    def __call__(self) -> RuleSet | None:
        if time.monotonic() < self._checked_s + CHECK_EVERY_S:
            return None
        self._checked_s = time.monotonic()
        now = stamp(self._path)
        if now == self._seen:
            return None
        self._seen = now
        try:
            read = load(self._path)
        except Misconfigured as error:
            self._refuse(str(error))
            return None
        if read.problems:
            self._refuse(_sentence(read))
            return None
        return self._accept(read)

    def _accept(self, read: parser.ParsedRules) -> RuleSet:
        rules = RuleSet.of(read.rules)
        metrics.ALERT_RULES.set(len(rules.by_name))
        for rule in rules.by_name.values():  # 0 from the start, so that a rule without alerts is seen
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
