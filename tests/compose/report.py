"""What was seen, as lines for a person or as JSON."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Findings:
    """`steps`: what was done, with what came out. `wrong`: what must not be; empty is right."""

    versions: dict[str, str] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def step(self, what: str, /, **found: Any) -> None:
        """What was done, and what came out."""
        self.steps.append({"step": what, **found})

    def need(self, what: str, *, so: bool) -> None:
        """Note `what` as wrong unless it is so."""
        if not so:
            self.wrong.append(what)

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    def as_text(self) -> str:
        lines = [", ".join(f"{name} {version}" for name, version in self.versions.items())]
        for step in self.steps:
            found = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in step.items() if name != "step")
            lines.append(f"  {step['step']}: {found}")
        return "\n".join([*lines, *(f"WRONG  {one}" for one in self.wrong), "wrong" if self.wrong else "all right"])
