"""Starts the worker: waits for Kafka and the registry, then runs every fold in the engine until a signal stops it."""

import asyncio
import gc
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from streams.events import topics
from streams.kafka import admin, registry
from streams.ops import log, tracing
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.ops.waiting import until_available

if TYPE_CHECKING:
    from streams.agents.alerts import NewRules
    from streams.alerts.rules import RuleSet
    from streams.engine.faust.run import App
    from streams.tables import Policy


class Choices(NamedTuple):
    """What a team decides: alert rules, a look at whether they have changed, and how sources and times are judged."""

    rules: "RuleSet"
    new_rules: "NewRules"
    policy: "Policy"


def run(settings: Settings, *, rebuild_state: bool = False, accept_offsets: bool = False) -> None:
    """Blocks until SIGTERM or Ctrl-C. `rebuild_state`: forget the tables on disk and make them from Kafka.
    `accept_offsets`: go on from the group's committed offsets, whatever the tables say.

    Raises Misconfigured when the topics or schemas are not what they must be.
    """
    gc.disable()  # imports allocate much and free nothing; the engine switches it on again
    # Half a second of imports, while Kafka and the registry answer.
    threading.Thread(target=import_module, args=("streams.engine.faust.run",), name="imports", daemon=True).start()
    choices = Choices(*rules_of(settings), policy_of(settings))
    until_available("Kafka", lambda: admin.check_layout(settings))
    ids = until_available("schema registry", lambda: registry.resolve(settings))
    _start(settings, ids, choices, rebuild_state, accept_offsets)


def _start(
    settings: Settings, ids: Mapping[str, int], choices: Choices, rebuild_state: bool, accept_offsets: bool
) -> None:
    from streams.agents import assembly
    from streams.agents.alerts import Alerts
    from streams.engine.faust import run as engine
    from streams.kafka.codec import Codec
    from streams.lineage.closing import closing_of
    from streams.ops.metrics_server import expose
    from streams.ops.process import Process
    from streams.status import access

    access.check(settings)
    codec, prefix = Codec(ids), settings.topic_prefix
    alerts = Alerts(codec, prefix, choices.rules, choices.new_rules)
    made = assembly.folds(codec, prefix, alerts, choices.policy)
    expose(settings, Process.WORKER)
    tracing.configure("worker")
    log.get("worker").info("starting", worker=settings.worker_id, group=settings.group_id)
    by_topic = {f"{prefix}.{name}": fold for name, fold in made.items()}
    punctuation = assembly.punctuation(prefix, alerts, choices.policy)
    plan = engine.Plan(
        by_topic, topics.TABLES, punctuation, _answering(settings), rebuild_state, accept_offsets,
        closing=closing_of(settings, codec),
    )  # fmt: skip
    engine.run(settings, plan)


def rules_of(settings: Settings) -> "tuple[RuleSet, NewRules]":
    """Alert rules of the file in the settings, and a look at whether it has changed. Raises Misconfigured."""
    from streams.agents.alerts import unchanging
    from streams.alerts.rules import NO_RULES
    from streams.alerts.rules_file import RulesFile

    if settings.alert_rules is None:
        return NO_RULES, unchanging
    file = RulesFile(settings.alert_rules)
    return file.first(), file


def policy_of(settings: Settings) -> "Policy":
    """How sources and times are judged. Raises Misconfigured for a zone that does not exist."""
    from streams.payloads import local_time
    from streams.tables import Policy

    name = settings.fallback_time_zone
    if name and local_time.zone(name) is None:
        raise Misconfigured("STREAMS_FALLBACK_TIME_ZONE is no IANA time zone; one is named like Europe/Berlin")
    return Policy(
        settings.source_priority, settings.provider_priority, name, settings.samples_window_days,
        settings.history_pushed,
    )  # fmt: skip


def _answering(settings: Settings) -> "Callable[[App], None] | None":
    """Starts the query API; None without a port for it."""
    if not settings.query_port:
        return None
    from streams.status import server

    running: list[asyncio.Task[None]] = []  # asyncio keeps weak references only: a task without another may vanish
    return lambda app: running.append(asyncio.ensure_future(server.serve(settings, app)))
