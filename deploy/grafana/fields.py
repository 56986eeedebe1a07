"""How values of a panel look: colours by threshold and by name, words for nothing, series that are left out."""

import re
from collections.abc import Iterator

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardSpecialValueMapOptions,
    DynamicConfigValue,
    MatcherConfig,
    SpecialValueMap,
    SpecialValueMatch,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

from deploy.grafana.colours import GREEN, GREY, NEUTRAL, RED, YELLOW
from deploy.grafana.panels import Kind, Line, Panel

EMPTY = "no data"
Mapping = SpecialValueMap | ValueMap
Override = tuple[MatcherConfig, list[DynamicConfigValue]]


def thresholds(warn: float | None, bad: float | None, neutral: str = NEUTRAL) -> dashboard.ThresholdsConfig:
    """Neutral where there are none: green says that somebody has looked."""
    is_falling = warn is not None and bad is not None and bad < warn
    lowest = neutral if warn is None and bad is None else RED if is_falling else GREEN
    steps = [Threshold(None, lowest)]
    if is_falling:
        steps += [Threshold(bad, YELLOW), Threshold(warn, GREEN)]
    else:
        steps += [Threshold(value, colour) for value, colour in ((warn, YELLOW), (bad, RED)) if value is not None]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def mappings(panel: Panel) -> list[Mapping]:
    """Nothing is grey: it would have the colour of the lowest threshold, which may be red."""
    empty = DashboardSpecialValueMapOptions(SpecialValueMatch.NULL_AND_NAN, ValueMappingResult(EMPTY, GREY))
    words = {str(value): ValueMappingResult(word) for value, word in panel.words.items()}
    return [SpecialValueMap(empty), *([ValueMap(words)] if words else [])]


def overrides(panel: Panel) -> Iterator[Override]:
    """In this order: a later one wins."""
    legends = [line.legend for line in panel.lines if "{{" in line.legend]
    is_over_time = panel.kind is Kind.TIMES and bool(legends)
    for name, colour in panel.colours.items():
        yield _named(legends, name), _look(colour)
    for line in panel.lines:
        if line.colour:
            yield MatcherConfig("byName", line.legend), _look(line.colour)
    if is_over_time:
        yield _always_zero()
        for name in (name for name, colour in panel.colours.items() if colour == GREEN):
            yield _named(legends, name), [*_look(GREEN), _hidden(is_hidden=False)]
    for line in panel.lines:
        if line.warn is not None or line.bad is not None:
            yield _judged(line)


def _always_zero() -> Override:
    """Series that are 0 all the time: a grey line and no name, because a dozen names hide the one that is not 0."""
    matcher = MatcherConfig("byValue", {"reducer": "allIsZero", "op": "gte", "value": 0})
    return matcher, [*_look(GREY), _hidden(is_hidden=True)]


def _hidden(*, is_hidden: bool) -> DynamicConfigValue:
    """From legend and tooltip; without any line Grafana draws no axis either."""
    return DynamicConfigValue("custom.hideFrom", {"legend": is_hidden, "tooltip": is_hidden, "viz": False})


def _named(legends: list[str], name: str) -> MatcherConfig:
    """Fields whose legend is the name, or has it as a word."""
    is_alone = all(re.fullmatch(r"{{\w+}}", legend) for legend in legends)
    return MatcherConfig("byName", name) if is_alone else MatcherConfig("byRegexp", rf"/\b{re.escape(name)}\b/")


def _look(colour: str) -> list[DynamicConfigValue]:
    return [DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})]


def _judged(line: Line) -> Override:
    """A number with bounds of its own."""
    matcher, config = MatcherConfig("byName", line.legend), thresholds(line.warn, line.bad).build()
    steps = [{"color": step.color, "value": step.value} for step in config.steps]
    return matcher, [DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps})]
