"""Who sends to which topics, and who receives from them; docs/privacy.md asks for the same rights."""

from collections.abc import Mapping
from typing import NamedTuple

from streams.events import topics

_CLEAN = tuple(name for name in topics.clean_topics() if name not in (topics.RECONCILIATIONS, topics.ALERT_DELIVERIES))


class Part(NamedTuple):
    """What one process does, by short topic names and names of tables. `group`: under which it receives."""

    sends: tuple[str, ...]
    receives: tuple[str, ...]
    tables: tuple[str, ...] = ()
    group: str = ""
    does: str = ""


def parts(group_id: str) -> Mapping[str, Part]:
    """By process; the last two are commands of people."""
    fetchers = topics.fetch_group(group_id)
    return {
        "gateway": Part(
            sends=(*topics.RAW, topics.DEAD_LETTERS, topics.HEARTBEATS, topics.FETCH_PROGRESS),
            receives=(),
            does="Takes Junction's webhooks and stores them as they came.",
        ),
        "worker": Part(
            sends=(*_CLEAN, topics.DEAD_LETTERS, topics.FETCH_JOBS),
            receives=topics.SOURCES,
            tables=topics.TABLES,
            group=group_id,
            does="Decodes, compares, joins and emits, exactly once.",
        ),
        "fetcher": Part(
            sends=(*topics.RAW, topics.FETCH_PROGRESS, topics.FETCH_JOBS, topics.RECONCILIATIONS, topics.DEAD_LETTERS),
            receives=(topics.FETCH_JOBS,),
            tables=topics.FETCH_TABLES,
            group=fetchers,
            does="Asks Junction's API for history and compares it with what is here.",
        ),
        "notify": Part(
            sends=(topics.ALERT_DELIVERIES,),
            receives=(topics.ALERTS,),
            group=f"{group_id}-notify-<receiver>",
            does="Brings alerts to people.",
        ),
        "redrive": Part(
            sends=(*topics.RAW, topics.REDRIVEN),
            receives=(topics.DEAD_LETTERS, topics.REDRIVEN),
            does="`junction-streams dead-letters redrive`: puts dead letters back, each once.",
        ),
        "operator": Part(
            sends=(topics.FETCH_JOBS, topics.ALERT_THRESHOLDS, topics.RECONCILIATIONS),
            receives=(),
            does="`junction-streams fetch`, `alerts threshold` and `reconcile`.",
        ),
    }
