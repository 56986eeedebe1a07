"""Alert rules for the benchmarks: of every kind, most of them on the busiest resources."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from streams.alerts.rules import fields

COUNT = 50
WATCHED = ("heartrate", "glucose", "steps", "hrv", "blood_oxygen", "respiratory_rate", "distance", "calories_active")


def specs(count: int, *, often: bool, max_age: str) -> list[dict[str, Any]]:
    """As a rules file has them. `often`: a tenth has bounds that values cross all the time; else nobody meets any."""
    made: list[dict[str, Any]] = []
    for n in range(count):
        resource = WATCHED[n % len(WATCHED)]
        unit = fields.numbers(resource)["value"]
        is_met = often and n % 10 == 0
        common = {"name": f"rule-{n}", "resource": resource, "max_age": max_age}
        kind = n // len(WATCHED) % 4
        if kind == 0 or is_met:
            made.append({**common, "kind": "threshold", "above": f"{50 + n if is_met else 100_000 + n} {unit}"})
        elif kind == 1:
            made.append({**common, "kind": "rate", "rises": f"{100_000 + n} {unit}", "change_within": "30m"})
        elif kind == 2:
            made.append({**common, "kind": "deviation", "above_sd": 19})
        else:
            made.append({**common, "kind": "silence", "longer_than": "2d"})
    return made


def toml(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rules file. Words and numbers of JSON are TOML, too."""
    lines = ("\n".join(f"{name} = {json.dumps(value)}" for name, value in row.items()) for row in rows)
    return "\n\n".join(f"[[rule]]\n{text}" for text in lines) + "\n"
