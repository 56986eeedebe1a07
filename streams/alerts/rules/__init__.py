"""Rules as values: what may be written in a rules file, and what it means. Pure.

The parser is not among them: it brings pydantic, which a worker without rules does not need.
"""

from streams.alerts.rules.rule import QuietHours, Rule, RuleKind, Severity
from streams.alerts.rules.rule_set import NO_RULES, RuleSet

__all__ = ["NO_RULES", "QuietHours", "Rule", "RuleKind", "RuleSet", "Severity"]
