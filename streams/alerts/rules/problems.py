"""What is wrong in one rule, before its line is known."""

from dataclasses import dataclass, field


@dataclass
class RuleProblems:
    """Of one rule: (key, what is wrong, what to do)."""

    found: list[tuple[str, str, str]] = field(default_factory=list)

    def add(self, key: str, text: str, hint: str = "") -> None:
        self.found.append((key, text, hint))
