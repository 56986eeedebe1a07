"""The questions of docs/sinks.md. `python -m tests.connectors.postgres.questions` asks them and writes the answers."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from connectors.postgres.tables.layout import PLANS
from streams.simulator.world.world import World
from tests import postgres
from tests.connectors.postgres.sinking import Log, Target
from tests.folding import PREFIX, Worker
from tests.simulator.worlds import END_MS

PAGE = Path(__file__).parents[3] / "docs" / "sinks.md"
BLOCK = re.compile(r"```sql\n(SELECT .*?)\n```\n(?:\n```text\n(.*?)```\n)?", re.S)


def fill(target: Target) -> None:
    """What the simulator's events become, as their deliveries were created."""
    log, worker = Log(), Worker()
    for number, event in enumerate(World(seed=1, users=8, days=4, end_ms=END_MS, has_stories=True).events()):
        body = json.loads(event.body)
        worker.deliver(body, at_ms=event.created_at_ms, id=event.message_id, offset=number)
        for emit in worker.emits:
            if (topic := emit.topic.removeprefix(f"{PREFIX}.")) in PLANS:
                log.put(topic, emit.key, emit.value)
    target.write_all(log)


def questions() -> Iterator[tuple[str, str]]:
    """(SQL, answer) of each question of the page."""
    for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield found[1], found[2] or ""


def answer(url: str, query: str) -> str:
    """What PostgreSQL says, as lines of columns."""
    with psycopg.connect(url) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        cursor = connection.execute(query.encode())
        names = [column.name for column in cursor.description or ()]
        rows = [names, *([_shown(cell) for cell in row] for row in cursor.fetchall())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _shown(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d" if cell == cell.replace(hour=0, minute=0, second=0) else "%Y-%m-%d %H:%M")
    if isinstance(cell, timedelta):
        return str(timedelta(seconds=round(cell.total_seconds())))
    return "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)


def main() -> None:
    with postgres.server() as server, closing(Target(postgres.database(server))) as target:
        fill(target)
        text = BLOCK.sub(
            lambda found: f"```sql\n{found[1]}\n```\n\n```text\n{answer(target.url, found[1])}```\n",
            PAGE.read_text(encoding="utf-8"),
        )
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
