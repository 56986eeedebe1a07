"""The dedup job in this engine: `python -m benchmarks._dedup_ours`. Settings come from the environment."""

from streams.engine.faust import run as engine
from streams.events.types import Record
from streams.ops import log
from streams.ops.settings import Settings
from streams.tables.draft import Draft

TABLE = "seen"


def main() -> None:
    """Blocks until SIGTERM."""
    settings = Settings(_env_file=None)
    log.configure(settings.log_level, as_json=True)
    out = f"{settings.topic_prefix}.out"

    def dedup(record: Record, draft: Draft) -> None:
        key = record.key or b""
        if draft.get(TABLE, key) is None:
            draft.put(TABLE, key, b"%d" % record.offset)
            draft.emit(out, key, record.value)

    engine.run(settings, engine.Plan({f"{settings.topic_prefix}.in": dedup}, [TABLE]))


if __name__ == "__main__":
    main()
