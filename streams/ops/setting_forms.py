"""Settings of more than one word: JSON, and `name=value,name=value`. What is no text is taken as it is. Pure."""

from typing import Any

from pydantic import SecretStr

# Before the path of a file, in place of a secret. No secret begins so: base64 has no colon.
FILE = "file:"


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
