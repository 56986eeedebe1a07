"""Settings of more than one word: JSON, and `name=value,name=value`. What is no text is taken as it is. Pure."""

from typing import Any

from pydantic import SecretStr

from streams.ops.clear_text import SASL_MECHANISMS

# Settings that are lists, written with commas.
LISTS = (
    *("source_priority", "provider_priority", "history_pushed", "console_gateways"),
    *("gateway_allowed_networks", "trusted_proxies", "postgres_topics"),
)
# Before the path of a file, in place of a secret. No secret begins so: base64 has no colon.
FILE = "file:"


def from_commas(value: Any) -> Any:
    """`one, two` as a tuple."""
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def sasl_mechanism(value: str) -> str:
    """In capitals, as both of our clients want it. Raises ValueError."""
    if value.upper() not in ("", *SASL_MECHANISMS):
        raise ValueError(f"is none of {', '.join(SASL_MECHANISMS)}")
    return value.upper()


def own_transactional_id(value: str) -> str:
    """A worker's id. Transactional ids are `<group>-<worker>`, `-fetcher-<worker>`, `-redrive` and `-doctor`: all
    different. Raises ValueError."""
    if value in ("redrive", "doctor") or value.startswith("fetcher-"):
        raise ValueError(
            "is `redrive` or `doctor`, or begins with `fetcher-`: the command or a fetcher of that name would be it"
        )
    return value


def own_group(value: str) -> str:
    """A group; `<group>-fetcher`, `<group>-notify-<receiver>`, `<group>-sink-<name>` are of ours. Raises ValueError."""
    if value.endswith("-fetcher") or "-notify-" in value or "-sink-" in value:
        raise ValueError("ends in `-fetcher`, or has `-notify-` or `-sink-` in it: other processes have such groups")
    return value


def pairs(value: Any) -> Any:
    """`name=value,name=value` as a dict. Raises ValueError."""
    if not isinstance(value, str):
        return value
    found = [one.partition("=") for one in filter(None, map(str.strip, value.split(",")))]
    if not all(name and text for name, _, text in found):
        raise ValueError("is not name=value,name=value")
    return {name: text for name, _, text in found}


def endpoints(value: Any) -> Any:
    """Endpoints and their secrets as a dict of lists; a file's path counts as a list of one. Raises ValueError."""
    given = _from_json(value, '{"name": ["whsec_..."]}')
    if not isinstance(given, dict):
        return given
    return {name: [one] if isinstance(one, str) and one.startswith(FILE) else one for name, one in given.items()}


def receivers(value: Any) -> Any:
    """Receivers as a dict of dicts. Their secrets become secret types, which no repr shows. Raises ValueError."""
    given = _from_json(value, '{"name": {"kind": "webhook", ...}}')
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise ValueError('not an object of objects; expected {"name": {"kind": "webhook", ...}}')
    return {
        name: {k: SecretStr(v) if k in ("secret", "token") and isinstance(v, str) else v for k, v in one.items()}
        for name, one in given.items()
    }


def _from_json(value: Any, expected: str) -> Any:
    import msgspec  # here, because few processes have such a setting

    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        raise ValueError(f"not JSON; expected {expected}") from None
