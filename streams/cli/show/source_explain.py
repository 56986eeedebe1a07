"""What `source explain` prints: the record of a message, then what becomes of its body."""

from dataclasses import asdict, replace

from connectors.contract.intake import opened_record
from connectors.contract.source import SourceMessage
from streams.cli.show.explain import render
from streams.events import H_DETAIL, header
from streams.letters.explain import Explanation, explain
from streams.ops import terminal
from streams.ops.settings import Settings


def print_message(name: str, message: SourceMessage, settings: Settings, *, as_json: bool) -> None:
    """One message; with JSON one object in a line."""
    opened, record = opened_record(message, settings)
    told = {
        "record": record.topic,
        "partition": record.partition,
        "record_key": record.key.decode(errors="replace"),
        "id": opened.delivery.id,
        "door": opened.delivery.door,
        "created_at": opened.delivery.created_at,
        "body_bytes": len(opened.body),
    }
    explained = Explanation()
    if opened.rejection is None:
        rows = [(key, value) for key, value in record.headers if isinstance(value, bytes)]
        explained = explain(opened.body, prefix=settings.topic_prefix, partitions=settings.partitions, headers=rows)
    if record.reason:
        explained = replace(explained, reason=record.reason, detail=header(record.headers, H_DETAIL))
    if as_json:
        terminal.machine({"file": name, **told, "event": asdict(explained)}, default=str)
        return
    console = terminal.console()
    console.print(terminal.line(name, style="bold"))
    console.print(terminal.pairs((key.replace("_", " "), terminal.lines([str(value)])) for key, value in told.items()))
    console.print(render(explained))
