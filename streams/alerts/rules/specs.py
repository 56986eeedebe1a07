"""Specs: rules as written in a file, checked for their shape only. The compiler checks whether they make sense."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from streams.alerts.rules.literals import Amount, Duration, Hours
from streams.alerts.rules.rule import Severity

RUN_MAX = 8  # samples in a row: all of them are evidence


class RuleSpec(BaseModel):
    """Fields of every rule. `resource`: also connections, backfills or labs for events."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    resource: str
    summary: str = Field(default="", max_length=200)
    link: str = Field(default="", max_length=500)
    severity: Severity = Severity.WARNING
    enabled: StrictBool = True
    values: StrictBool = False
    max_age: Duration | None = None
    cooldown: Duration = 0
    resolve_after: Duration | None = None
    remind: Duration = 0
    quiet: Hours | None = None


class NumericRuleSpec(RuleSpec):
    """Fields of rules that judge numbers."""

    field: str = ""
    type: str = Field(default="", max_length=64)
    samples: int = Field(default=1, ge=1, le=RUN_MAX)
    within: Duration = 0
    lasting: Duration = 0
    clear_samples: int = Field(default=1, ge=1, le=RUN_MAX)


class ThresholdSpec(NumericRuleSpec):
    kind: Literal["threshold"]
    above: Amount | None = None
    below: Amount | None = None
    clear_above: Amount | None = None
    clear_below: Amount | None = None


class RateSpec(NumericRuleSpec):
    kind: Literal["rate"]
    rises: Amount | None = None
    falls: Amount | None = None
    change_within: Duration
    clear: Amount | None = None


class DeviationSpec(NumericRuleSpec):
    kind: Literal["deviation"]
    above_sd: float | None = Field(default=None, gt=0, le=20)
    below_sd: float | None = Field(default=None, gt=0, le=20)
    clear_sd: float | None = Field(default=None, ge=0, le=20)
    days: int = Field(default=28, ge=3, le=90)
    days_min: int = Field(default=7, ge=2, le=90)


class EventSpec(RuleSpec):
    kind: Literal["event"]
    where: dict[str, str | StrictBool | list[str]] = Field(default_factory=dict)


class SilenceSpec(RuleSpec):
    kind: Literal["silence"]
    longer_than: Duration | None = None
    learned: StrictBool = False
    at_least: Duration | None = None
    factor: float = Field(default=1.5, ge=1, le=10)


AnyRuleSpec = Annotated[ThresholdSpec | RateSpec | DeviationSpec | EventSpec | SilenceSpec, Field(discriminator="kind")]
SPECS: dict[str, type[RuleSpec]] = {
    "threshold": ThresholdSpec,
    "rate": RateSpec,
    "deviation": DeviationSpec,
    "event": EventSpec,
    "silence": SilenceSpec,
}
