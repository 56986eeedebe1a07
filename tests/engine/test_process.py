"""What libraries say goes into our log, once."""

import logging

import structlog

from streams.engine.process import KINDS_MAX, REPEAT_S, ToStructlog


def warning(text: str, *args: object, name: str = "aiokafka") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 0, text, args, None)


def test_the_same_warning_is_counted() -> None:
    """Within REPEAT_S only the first is written; the next one after it says how many came in between."""
    now = [0.0]
    handler = ToStructlog(lambda: now[0])
    with structlog.testing.capture_logs() as lines:
        for node in range(40):
            handler.emit(warning("no connection to %s", node))
        handler.emit(warning("no connection to %s", 0, name="other"))
        now[0] = REPEAT_S
        handler.emit(warning("no connection to %s", 41))
        handler.emit(warning("something else"))
    assert [(line["text"], line.get("repeated")) for line in lines] == [
        ("no connection to 0", None),
        ("no connection to 0", None),
        ("no connection to 41", 39),
        ("something else", None),
    ]


def test_what_is_remembered_is_bounded() -> None:
    """A library that puts values into its texts does not fill the memory."""
    handler = ToStructlog(lambda: 0.0)
    with structlog.testing.capture_logs() as lines:
        for number in range(3 * KINDS_MAX):
            handler.emit(warning(f"made up {number}"))
    assert len(lines) == 3 * KINDS_MAX
    assert len(handler._said) <= KINDS_MAX
