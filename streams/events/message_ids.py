"""Message ids of Svix: the time in one, and how to make one. Pure: the time is an argument."""

import re

from streams.events.times import DAY_S

# Message ids of Svix: "msg_" and a KSUID, 20 bytes in base 62: seconds since KSUID_EPOCH_S (4 bytes), 1/256 s (1 byte),
# randomness (15 bytes). Fixed when the message is made, the same on every retry: the best order there is (domain, 3.4).
_B62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_B62_VALUE = {char: value for value, char in enumerate(_B62)}
_KSUID = re.compile(r"msg_[0-9A-Za-z]{27}")
_KSUID_EPOCH_S = 1_400_000_000
_KSUID_RANDOM_BYTES = 15
_CLAIMED_CHARS_MAX = 64
_IN_NO_ID = re.compile(r"[^!-~]")
_MESSAGE_AGE_MAX_S = 366 * DAY_S  # Svix keeps payloads 90 days: an older date is not a date (7.2)


def ksuid_time_ms(svix_id: str) -> int | None:
    """Creation time in a message id, Unix milliseconds in steps of 4; None for an id of another form."""
    if not _KSUID.fullmatch(svix_id):
        return None
    number = 0
    for char in svix_id[4:]:
        number = number * 62 + _B62_VALUE[char]
    if number >= 1 << 160:
        return None
    ticks = number >> (8 * _KSUID_RANDOM_BYTES)
    return _KSUID_EPOCH_S * 1000 + ticks * 1000 // 256


def delivery_time_ms(svix_id: str, timestamp_s: int, tolerance_s: int) -> int:
    """When Svix received the event, in Unix milliseconds: the time in the id, else that of the attempt."""
    # The id is no documented contract, so its time counts only in the year before the attempt.
    created_ms = ksuid_time_ms(svix_id)
    if created_ms is None or not -tolerance_s <= timestamp_s - created_ms / 1000 <= _MESSAGE_AGE_MAX_S:
        return timestamp_s * 1000
    return created_ms


def new_message_id(time_ms: int, randomness: bytes) -> str:
    """A message id as Svix makes them. `time_ms`: Unix milliseconds since May 2014; `randomness`: 15 bytes."""
    if len(randomness) != _KSUID_RANDOM_BYTES:
        raise ValueError(f"{_KSUID_RANDOM_BYTES} bytes of randomness, not {len(randomness)}")
    # Rounded up: then every time that `ksuid_time_ms` can answer survives the round trip.
    ticks = -((_KSUID_EPOCH_S * 1000 - time_ms) * 256 // 1000)
    number = int.from_bytes(ticks.to_bytes(5, "big") + randomness, "big")
    chars = []
    for _ in range(27):
        number, digit = divmod(number, 62)
        chars.append(_B62[digit])
    return "msg_" + "".join(reversed(chars))


def claimed(text: str) -> str:
    """An id that a stranger gave, as it may be kept and shown: its first 64 characters, ? for what no id has."""
    return _IN_NO_ID.sub("?", text[:_CLAIMED_CHARS_MAX])
