"""Bodies of the vendor's documentation, whose two user ids disagree, made readable. Never for processing."""

import msgspec


def align(body: bytes) -> bytes:
    """The body with `$.data.user_id` set to `$.user_id` where both are there and differ; any other body untouched.

    A receiver has to refuse such a body (domain file, 1.1), and the vendor's own examples are like that.
    """
    try:
        whole = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body
    data = whole.get("data") if isinstance(whole, dict) else None
    if not isinstance(data, dict) or not {"user_id"} <= whole.keys() & data.keys():
        return body
    if data["user_id"] == whole["user_id"]:
        return body
    data["user_id"] = whole["user_id"]
    return msgspec.json.encode(whole)
