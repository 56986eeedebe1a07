"""Fields that a rule can judge: the numbers of each topic with their units, and its texts and flags.

They come from the table of resources and from the schemas, which have the units; there is no list here.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from streams.events import Kind, Value, resources, topics
from streams.events.schemas import schema_text

VALUE = "value"  # the one number of a sample
# Where the documentation of a field has the unit in words.
_UNITS = {"respiratory_rate_per_min": "breaths/min", "hrv_average_ms": "ms", "efficiency_percent": "%"}
_NO_MEASURES = frozenset({"timezone_offset_s", "sport_id"})
_WORDS = ("string", "boolean")


@cache
def numbers(topic: str) -> dict[str, str]:
    """Field → unit, of the numbers in a clean topic; "" for one without unit (a score, a share)."""
    row = resources.RESOURCES.get(topic)
    if row is None:
        return {}
    if row.kind is Kind.SUMMARY:
        return dict(_numbers_of(topics.schema_of(topic)))
    if row.value is Value.BLOOD_PRESSURE:
        return {"systolic": row.unit, "diastolic": row.unit}
    return {} if row.value is Value.NOTE or row.legacy else {VALUE: row.unit}


def _numbers_of(schema: str) -> Iterator[tuple[str, str]]:
    for row in json.loads(schema_text(schema))["fields"]:
        if "junction" in row and row["name"] not in _NO_MEASURES and _plain(row["type"]) in ("double", "long", "int"):
            yield row["name"], _UNITS.get(row["name"]) or _unit(row["doc"])


def _unit(doc: str) -> str:
    """What stands behind the last comma: `Resting heart rate, bpm.`"""
    last = doc.rpartition(", ")[2].rstrip(".")
    return "" if " " in last or last == doc.rstrip(".") else last


def _plain(avro_type: Any) -> str:
    """Name of a type without null; "" for what is no plain value."""
    if isinstance(avro_type, list):
        return _plain(next(branch for branch in avro_type if branch != "null"))
    return avro_type if isinstance(avro_type, str) else ""


@cache
def words(topic: str) -> frozenset[str]:
    """Names of the fields of a topic that an event rule can compare: texts and flags."""
    fields = json.loads(schema_text(topics.clean_topics()[topic]))["fields"]
    return frozenset(row["name"] for row in fields if _plain(row["type"]) in _WORDS) - {"payload_json"}


@cache
def is_series(topic: str) -> bool:
    """Whether a record of the topic holds many samples."""
    row = resources.RESOURCES.get(topic)
    return row is not None and row.kind is Kind.TIMESERIES


EVENT_TOPICS = frozenset(resources.RESOURCES) | {topics.CONNECTIONS, topics.BACKFILLS, topics.LABS}
STATES = frozenset({topics.CONNECTIONS, topics.BACKFILLS})  # of these the newest record of a key is the truth
