"""What a body says, as typed values, in both generations of payloads. Pure: bytes in, values or Rejected out."""

from streams.payloads.alignment import align
from streams.payloads.columns import SAMPLES_MAX, TEXT_BYTES_MAX, Columns
from streams.payloads.decode import Control, decode
from streams.payloads.drift import OVERFLOW, Finding, Findings
from streams.payloads.envelope import Event, unknown_text
from streams.payloads.local_time import FLOATING_PROVIDERS, LocalTime
from streams.payloads.sample_columns import sample_columns
from streams.payloads.series import Series
from streams.payloads.source import UNKNOWN, Source, provider_slug, read_source
from streams.payloads.summary import ATTRIBUTION, Entity, Summary
from streams.payloads.values import DEPTH_MAX, Unfit, canonical, json_kind, short_text, to_json

__all__ = [
    "ATTRIBUTION",
    "DEPTH_MAX",
    "FLOATING_PROVIDERS",
    "OVERFLOW",
    "SAMPLES_MAX",
    "TEXT_BYTES_MAX",
    "UNKNOWN",
    "Columns",
    "Control",
    "Entity",
    "Event",
    "Finding",
    "Findings",
    "LocalTime",
    "Series",
    "Source",
    "Summary",
    "Unfit",
    "align",
    "canonical",
    "decode",
    "json_kind",
    "provider_slug",
    "read_source",
    "sample_columns",
    "short_text",
    "to_json",
    "unknown_text",
]
