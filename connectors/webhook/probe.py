"""What a gateway answers to a probe: who it is, its clock, which secrets this process takes, what each has verified."""

import os
import socket
import time
from collections.abc import Callable

from connectors.webhook.endpoints import Endpoint
from connectors.webhook.replies import PROBED, Reply
from connectors.webhook.secret_use import SecretUse
from streams import __version__
from streams.events import probe
from streams.ops.settings import Settings


class ProbeReplies:
    """`trouble`: a sentence while deliveries could not be stored, else ""."""

    # Whoever gets this answer holds a secret of the endpoint; fingerprints tell them nothing that they could use.
    def __init__(self, settings: Settings, trouble: Callable[[], str], clock: Callable[[], float] = time.time) -> None:
        self._trouble, self._clock = trouble, clock
        self._constant = (
            (probe.H_INSTANCE.encode(), f"{_ascii(socket.gethostname())}/{os.getpid()}".encode()),
            (probe.H_PROCESSES.encode(), str(settings.gateway_processes).encode()),
            (probe.H_PROGRAM.encode(), __version__.encode()),
        )

    def reply(self, endpoint: Endpoint, position: int) -> Reply:
        """To a probe that the secret at that position has signed."""
        # Also while Kafka is away, with 204: the question is about the way here, and the answer says the rest.
        prints = endpoint.keyring.fingerprints
        said = (
            (probe.H_CLOCK, str(round(self._clock() * 1000))),
            (probe.H_SECRETS, ",".join(prints)),
            (probe.H_USES, probe.uses_text(map(_use, endpoint.uses))),
            (probe.H_SECRET, prints[position]),
            (probe.H_READY, probe.NO if self._trouble() else probe.YES),
        )
        return PROBED._replace(headers=(*self._constant, *((name.encode(), text.encode()) for name, text in said)))


def _use(use: SecretUse) -> probe.ProbedUse:
    return probe.ProbedUse(use.verified, use.last_used_s, use.since_s)


def _ascii(name: str) -> str:
    return "".join(char if char.isascii() and char.isprintable() and char not in " ,/" else "-" for char in name)
