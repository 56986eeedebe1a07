"""Whether Junction may be told to send to a URL: the whole way there is probed with our own secret."""

import time

from pydantic import SecretStr

from connectors.control.file import WantedEndpoint
from connectors.control.probing.judge import Expected, lines_of
from connectors.control.probing.trial import ProbeRoute, try_route
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.lines import State
from streams.ops.settings import Settings


class Prover:
    """Use `prove` for `apply`. The rest of the secrets is the gateway's affair: Junction signs with this one."""

    def __init__(self, settings: Settings) -> None:
        self._tolerance_s = settings.signature_tolerance_s

    async def prove(self, wanted: WantedEndpoint, secret: SecretStr) -> str:
        """Who answered. Raises Misconfigured for what a person has to mend, Unavailable where nobody answers."""
        trial = await try_route(ProbeRoute(wanted.url, wanted.name, secret, wanted.headers))
        lines = lines_of(trial, Expected((), True, time.time(), self._tolerance_s))
        for line in lines:
            sentence = f"{line.about}: {line.found}" + (f"; {line.change}" if line.change else "")
            if line.state is State.SILENT:
                raise Unavailable(sentence)
            if line.state is State.WRONG:
                raise Misconfigured(sentence)
        first = trial.answers[0]
        return f"{first.instance} takes secret {first.fingerprint}, with 1 KiB and 1 MiB of odd bytes"
