"""Warnings of libraries go into our log, once."""

import logging

import structlog
from aiokafka import errors

from streams.engine.faust.library_log import KINDS_MAX, REPEAT_S, ToStructlog


def warning(text: str, *args: object, name: str = "aiokafka") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, "", 0, text, args, None)


def failure(text: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", logging.ERROR, "", 0, text, args, None)


NOT_YET = errors.GroupCoordinatorNotAvailableError()


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


def test_what_will_be_tried_again_is_no_error() -> None:
    """An error that aiokafka calls retriable is news, and a warning once it lasts REPEAT_S; others stay errors."""
    now = [0.0]
    handler = ToStructlog(lambda: now[0])
    with structlog.testing.capture_logs() as lines:
        for at_s, error in ((0, NOT_YET), (1, NOT_YET), (REPEAT_S, NOT_YET), (2 * REPEAT_S, errors.UnknownError())):
            now[0] = at_s
            handler.emit(failure("request failed: %s", error))
        now[0] = 5 * REPEAT_S
        handler.emit(failure("request failed: %s", NOT_YET))
    assert [line["log_level"] for line in lines] == ["info", "warning", "error", "info"]


def test_a_coordinator_that_is_looked_for_anew_is_no_warning() -> None:
    """A group's coordinator moves once while a new Kafka makes its topics; if that goes on, it is a warning."""
    now = [0.0]
    handler = ToStructlog(lambda: now[0])
    with structlog.testing.capture_logs() as lines:
        for at_s in (0, 1, REPEAT_S):
            now[0] = at_s
            handler.emit(warning("Marking the coordinator dead (node %s)for group %s."))
    assert [line["log_level"] for line in lines] == ["info", "warning"]


def test_what_is_remembered_is_bounded() -> None:
    """A library that puts values into its texts does not fill the memory."""
    handler = ToStructlog(lambda: 0.0)
    with structlog.testing.capture_logs() as lines:
        for number in range(3 * KINDS_MAX):
            handler.emit(warning(f"made up {number}"))
    assert len(lines) == 3 * KINDS_MAX
    assert len(handler._written) <= KINDS_MAX


def test_an_error_says_where_and_not_what() -> None:
    """Of an exception its type and place; its text may quote what a library was given."""
    record = warning("Unexpected error")
    try:
        raise ValueError("made up")
    except ValueError as error:
        record.exc_info = (ValueError, error, None)
    with structlog.testing.capture_logs() as lines:
        ToStructlog().emit(record)
    assert lines[0]["error"] == "ValueError"
    assert lines[0]["at"].startswith("test_library_log.py:")
    assert "made up" not in str(lines)
