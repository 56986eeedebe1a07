"""TLS by certificate files, which are read again when they change: new connections get the new certificate."""

import asyncio
import ssl
from pathlib import Path

from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.file_stamp import Stamp, stamp
from streams.ops.settings import Settings

_LOOK_EVERY_S = 5.0


class Certificate:
    """`context`: for a server. Raises Misconfigured for files that hold no certificate with its key."""

    def __init__(self, cert: Path, key: Path) -> None:
        self._files = (cert, key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._logger = log.get("gateway")
        self._seen = self._state()
        self._load()

    async def run(self) -> None:
        """Look for changes, until cancelled. What cannot be used is logged, and the old certificate stays."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.reload()

    def reload(self) -> None:
        """Read the files again if they changed."""
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._load()
        except Misconfigured as error:
            self._logger.error("certificate_refused", why=str(error))
        else:
            self._logger.info("certificate_reloaded")

    def _load(self) -> None:
        cert, key = self._files
        try:
            # Into a new context first: a certificate whose key does not fit would stay in this one.
            for context in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), self.context):
                context.load_cert_chain(cert, key, password="")  # without one OpenSSL asks at the terminal, and waits
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"STREAMS_GATEWAY_TLS_CERT_FILE and _TLS_KEY_FILE cannot be used ({error.strerror or 'not PEM'}): "
                "PEM files of a certificate with its chain, and of its key without a password"
            ) from None

    def _state(self) -> list[Stamp | None]:
        return [stamp(path) for path in self._files]


def certificate(settings: Settings) -> Certificate | None:
    """The gateway's certificate, None for plain HTTP. Raises Misconfigured where only one of both files is set."""
    cert, key = settings.gateway_tls_cert_file, settings.gateway_tls_key_file
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise Misconfigured("set both STREAMS_GATEWAY_TLS_CERT_FILE and STREAMS_GATEWAY_TLS_KEY_FILE, or neither")
    return Certificate(cert, key)
