"""The row of a summary until format 2: its content as JSON, and what its record needs beside it as msgpack."""

import struct
from typing import Any

import msgspec

from streams.payloads import ATTRIBUTION
from streams.tables import rows, verdicts
from streams.tables.summaries.repeated import RepeatFields
from streams.tables.verdicts import StoredVersion

FORMAT = 2
_offset = struct.Struct(">Q")
_decode = msgspec.msgpack.Decoder(RepeatFields).decode
_content = msgspec.json.Decoder(dict[str, Any]).decode


def stored(state: bytes) -> StoredVersion:
    """A row taken apart. Raises Misconfigured for one that is not read."""
    return verdicts.stored(state, rows.SUMMARY)


def offset(state: bytes) -> int:
    """Of its raw record."""
    return int(_offset.unpack_from(stored(state).extra)[0])


def repeated(state: bytes) -> RepeatFields:
    """Everything beside the version."""
    content, _, then = _parts(state)
    told = {name: value for name, value in _content(content).items() if name != ATTRIBUTION and name[:1] != "$"}
    return msgspec.structs.replace(then, fields=then.fields | told)


def beside(state: bytes) -> RepeatFields:
    """What is beside the content; of the fields those that are not in it."""
    return _parts(state)[2]


def _parts(state: bytes) -> tuple[bytes, int, RepeatFields]:
    row = stored(state)
    return row.content, _offset.unpack_from(row.extra)[0], _decode(memoryview(row.extra)[_offset.size :])
