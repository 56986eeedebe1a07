"""The registry: whether it answers, how it is set up, which schemas it has, and its clock."""

import time
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from streams.doctor.judge import layout
from streams.kafka import registry
from streams.kafka.registry_client import opened
from streams.ops import addresses, clocks
from streams.ops.lines import Line
from streams.ops.settings import Settings

SECOND_MS = 1000.0  # a `Date` header has whole seconds


def answers(settings: Settings) -> list[Line]:
    """Its address, its level, its mode, its clock."""
    with opened(settings) as client:
        heard = _Dates(client)
        level = str(client.get_compatibility())
        lines = layout.registry(addresses.shown(settings.registry_url), level, _mode(client))
    if heard.date_ms is not None:
        tolerance_s = settings.signature_tolerance_s
        said = clocks.clock("the registry", heard.date_ms, heard.ours_ms, grain_ms=SECOND_MS, tolerance_s=tolerance_s)
        lines.append(said)
    return lines


def registered(settings: Settings) -> list[Line]:
    """Each schema, as `schemas check` finds it."""
    return layout.schemas({check.subject: str(check.status) for check in registry.check(settings)})


def _mode(client: SchemaRegistryClient) -> str:
    with suppress(SchemaRegistryError):  # not every registry has modes
        return str(client.get_global_mode())
    return ""


class _Dates:
    """Listens to the answers of a client, whatever its login, and keeps the time that the last one names."""

    def __init__(self, client: SchemaRegistryClient) -> None:
        self.date_ms: float | None = None
        self.ours_ms = (0.0, 0.0)
        self._asked_ms = 0.0
        client._rest_client.session.event_hooks = {"request": [self._asked], "response": [self._answered]}

    def _asked(self, _: Any) -> None:
        self._asked_ms = time.time() * 1000

    def _answered(self, response: Any) -> None:
        with suppress(ValueError, TypeError):  # no date, or none that is one: a proxy's matter
            self.date_ms = parsedate_to_datetime(response.headers.get("date")).timestamp() * 1000
            self.ours_ms = (self._asked_ms, time.time() * 1000)
