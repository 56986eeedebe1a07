"""JSON bytes of a stored event as typed values. Returns, or raises Rejected: nothing else, whatever the bytes."""

from dataclasses import dataclass
from typing import Any

from streams.events import Family
from streams.events.text import body_bounds
from streams.payloads import envelope, series_quick, series_tolerant, summary
from streams.payloads.envelope import Event
from streams.payloads.series import Series
from streams.payloads.summary import Summary

# Quick readers hold at most 250,000 samples of these, 30 MB; counting takes half a microsecond a kB. Others ask anyway.
UNCOUNTED_BYTES_MAX = 3 * 1024 * 1024


@dataclass(slots=True)
class Control:
    """Any event that is neither summary nor series. `data`: `$.data` as plain values."""

    event: Event
    data: Any


def decode(body: bytes, likely: Family = Family.UNKNOWN) -> Summary | Series | Control:
    """One event. `likely`: the family of the topic that it comes from, which decides only what is tried first."""
    if len(body) > UNCOUNTED_BYTES_MAX:
        body_bounds.check(body)
    if likely is Family.TIMESERIES and (quick := series_quick.read(body)):
        return quick
    if likely is Family.SUMMARY and (brief := summary.read_quickly(body)):
        return brief
    event, data = envelope.read(body)
    if event.type.family is Family.SUMMARY:
        return summary.read(event, data)
    if event.type.family is Family.TIMESERIES:
        return series_tolerant.read(event, data)
    return Control(event, data)
