"""Which endpoint at Junction is ours: one whose description ends in `[junction-streams:NAME]`. Pure.

Junction has no field for it, and no key by which a call made twice would be one. A URL is no identity: it changes.
"""

import re
from collections.abc import Iterable

from connectors.junction.webhook_api import Webhook
from streams.ops.errors import Misconfigured

NAME = r"(?!\.{1,2}\Z)[A-Za-z0-9._~-]{1,64}"  # of an endpoint in STREAMS_ENDPOINTS
_TAG = re.compile(r"\[junction-streams:([A-Za-z0-9._~-]{1,64})\]\s*\Z")


def of(description: str) -> str | None:
    """The name that a description ends with; None for an endpoint that is not ours."""
    found = _TAG.search(description)
    return found[1] if found else None


def tagged(description: str, name: str) -> str:
    """The description with the tag of a name at its end, in place of another."""
    return f"{_TAG.sub('', description).rstrip()} [junction-streams:{name}]".lstrip()


def find(webhooks: Iterable[Webhook], name: str) -> Webhook | None:
    """The endpoint with this tag. Raises Misconfigured for two: which one is meant, a person has to say."""
    found = [one for one in webhooks if of(one.description) == name]
    if len(found) > 1:
        ids = " and ".join(sorted(one.id for one in found))
        raise Misconfigured(
            f"{len(found)} endpoints at Junction have the tag [junction-streams:{name}]: {ids}. Look which one is "
            "meant (`junction-streams webhooks list`), and take the tag off the end of the other's description in "
            "Junction's dashboard, or delete it there"
        )
    return found[0] if found else None
