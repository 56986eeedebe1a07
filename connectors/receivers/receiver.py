"""Who gets which alerts, from `STREAMS_NOTIFY_RECEIVERS`. Secrets do not print."""

import base64
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from streams.alerts.rules import Severity
from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_WHSEC = "whsec_"  # what signing secrets begin with
_SEVERITIES = list(Severity)


class ReceiverKind(StrEnum):
    WEBHOOK = "webhook"
    ALERTMANAGER = "alertmanager"
    LOG = "log"


class Receiver(BaseModel):
    """One receiver. `severity`: the lowest that it gets; `rules`: only alerts of these, all if empty."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = ""
    kind: ReceiverKind
    url: str = Field(default="", repr=False)  # a login, or the key of a hook, may be in it
    secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    severity: Severity = Severity.INFO
    rules: tuple[str, ...] = ()
    insecure: bool = Field(default=False)

    def wants(self, alert: Mapping[str, Any]) -> bool:
        """Whether this receiver gets an alert, a decoded record."""
        is_severe = _SEVERITIES.index(Severity(alert["severity"])) >= _SEVERITIES.index(self.severity)
        return is_severe and (not self.rules or alert["rule"] in self.rules)


def receivers_from(settings: Settings) -> list[Receiver]:
    """Those of the settings; the log alone if there are none. Raises Misconfigured, with names and without values."""
    if not settings.notify_receivers:
        return [Receiver(name="log", kind=ReceiverKind.LOG)]
    return [_receiver(settings, name, given) for name, given in settings.notify_receivers.items()]


def _receiver(settings: Settings, name: str, given: Mapping[str, Any]) -> Receiver:
    where = f"STREAMS_NOTIFY_RECEIVERS: {name if _NAME.fullmatch(name) else 'a name'}"
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"{where} may have small letters, digits, - and _ only, at most 40")
    plain = {key: value.get_secret_value() if isinstance(value, SecretStr) else value for key, value in given.items()}
    try:
        receiver = Receiver.model_validate({**plain, "name": name})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise Misconfigured(f"{where}: {wrong}. See docs/alerts.md") from None
    addresses.check_header(f"{where}: token", receiver.token.get_secret_value())
    if receiver.kind is not ReceiverKind.LOG:
        _check_url(where, receiver, insecure=receiver.insecure or settings.insecure)
    if receiver.kind is ReceiverKind.WEBHOOK:
        _check_secret(where, receiver)
    return receiver


def _check_url(where: str, receiver: Receiver, *, insecure: bool) -> None:
    """Webhooks go to others: http is for this machine alone. Alertmanager is a service beside ours."""
    addresses.check(f"{where}: url", receiver.url, insecure=insecure, why="alerts about people")
    url = urlsplit(receiver.url)
    if (
        receiver.kind is ReceiverKind.WEBHOOK
        and url.scheme == "http"
        and not insecure
        and not addresses.is_loopback(url.hostname or "")
    ):
        raise Misconfigured(f'{where}: alerts are about people; use https, or say "insecure": true')


def _check_secret(where: str, receiver: Receiver) -> None:
    secret = receiver.secret.get_secret_value()
    try:
        is_good = secret.startswith(_WHSEC) and len(base64.b64decode(secret.removeprefix(_WHSEC), validate=True)) >= 16
    except ValueError:
        is_good = False
    if not is_good:
        raise Misconfigured(f"{where}: secret has to be a signing secret, {_WHSEC} and at least 16 bytes as base64")
