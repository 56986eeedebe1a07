"""A `.env` of the working directory may not set the address to which a secret from elsewhere is sent.

Every command reads `.env`, and a folder that somebody else made may have one. With the token of the query API in the
environment and an address in such a file, `status` would send the token there.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

PATH = Path(".env")

_QUERY = (
    *("query_url", "query_host", "query_port"),
    *("console_gateways", "console_url", "console_host", "console_port"),
)
_API = ("junction_url",)  # region and environment choose among hosts of Junction
_KAFKA = ("bootstrap_servers", "security_protocol", "sasl_mechanism", "ssl_ca_file")
_REGISTRY = ("registry_url", "registry_ca_file")
_TOKENS = ("oauth_token_url", "oauth_ca_file", *_KAFKA, *_REGISTRY)  # to which the tokens go that a secret brings
# Secret → the settings that decide where it is sent, and whether it is encrypted on the way.
GOES_TO: Mapping[str, tuple[str, ...]] = {
    "query_token": _QUERY,
    "junction_api_key": _API,
    "junction_management_key": ("junction_management_url", *_API),
    "svix_token": ("svix_url",),
    "registry_password": _REGISTRY,
    "registry_token": _REGISTRY,
    "registry_key_file": _REGISTRY,
    "sasl_password": _KAFKA,
    "ssl_key_file": _KAFKA,
    "oauth_client_secret": _TOKENS,
    "oauth_key_file": _TOKENS,
}


def check(settings: Settings, path: Path = PATH) -> None:
    """Raises Misconfigured when an address comes from the file and its secret from elsewhere."""
    in_file = _names(name for name, value in dotenv_values(path).items() if value)
    decided = in_file - _names(name for name, value in os.environ.items() if value)
    for secret, addresses in GOES_TO.items():
        redirected = [name for name in addresses if name in decided]
        if redirected and secret not in decided and _is_set(getattr(settings, secret)):
            raise Misconfigured(_sentence(redirected[0], secret, path))


def check_address(address: str, what: str, path: Path = PATH) -> None:
    """For a secret of the command line, `what`, which goes to an address of the settings.

    Raises Misconfigured when that comes from the file, beside whatever secret.
    """
    values = _names(name for name, value in dotenv_values(path).items() if value)
    if address in values - _names(name for name, value in os.environ.items() if value):
        raise Misconfigured(
            f"STREAMS_{address.upper()} comes from {path.absolute()}: a file in a folder may not say where {what} is "
            "sent. If the file is yours, export that variable"
        )


def _names(variables: Iterable[str]) -> set[str]:
    """Variables of ours as names of settings; the environment may have them in any case."""
    return {name.lower().removeprefix("streams_") for name in variables if name.lower().startswith("streams_")}


def _is_set(value: SecretStr | Path | None) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _sentence(address: str, secret: str, path: Path) -> str:
    return (
        f"STREAMS_{address.upper()} comes from {path.absolute()} and STREAMS_{secret.upper()} does not: a file in a "
        "folder may not say where a secret of yours is sent. If the file is yours, put both into it, or export both."
    )
