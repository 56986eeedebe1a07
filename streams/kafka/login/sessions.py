"""aiokafka's connections, which log in again before their session ends (KIP-368).

A broker with `connections.max.reauth.ms`, or with tokens that end, closes a connection at the first request after its
session. aiokafka 0.14 does not know that: what was under way is cut off, and its group's coordinator counts as dead.
"""

import asyncio
import math
import time
from typing import Any

from aiokafka import client as aiokafka_client
from aiokafka import conn as aiokafka_conn
from aiokafka.errors import KafkaError, SaslAuthenticationFailed
from aiokafka.protocol.admin import SaslAuthenticateRequest

from streams.ops import log

LIFE = 0.8  # of a session, until it is renewed
APART_S = 1.1  # Kafka takes no second login of a connection within a second

logger = log.get("login")


class Connection(aiokafka_conn.AIOKafkaConnection):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """aiokafka's. `due_s`: when to log in again, monotonic."""

    due_s = math.inf

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turn = asyncio.Lock()

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """aiokafka's; the answer to a login says how long it holds."""
        answer = super().send(request, expect_response)
        return self._logged_in(answer) if isinstance(request, SaslAuthenticateRequest) else answer

    async def _logged_in(self, waiting: Any) -> Any:
        answer = await waiting
        if self._sasl_mechanism == "OAUTHBEARER" and answer.sasl_auth_bytes:  # RFC 7628, 3.2.2: why a token is refused
            raise SaslAuthenticationFailed("the token is refused")
        life_s = getattr(answer, "session_lifetime_ms", 0) / 1000
        self.due_s = time.monotonic() + max(LIFE * life_s, APART_S) if life_s else math.inf
        return answer

    async def log_in_again(self) -> None:
        """Returns when the session is new; others that want to send wait meanwhile. Raises as aiokafka does."""
        async with self._turn:  # nothing else may be sent between the requests of a login
            if time.monotonic() >= self.due_s:
                await self._do_sasl_handshake()


_connected = aiokafka_client.AIOKafkaClient._get_conn


async def _get_conn(self: Any, *args: Any, **kwargs: Any) -> Any:
    """aiokafka's: a connection on which a request can be sent at once, or None."""
    connection = await _connected(self, *args, **kwargs)
    if connection is None or time.monotonic() < connection.due_s:
        return connection
    try:
        await connection.log_in_again()
    except (KafkaError, OSError, TimeoutError) as error:
        logger.warning("not_logged_in_again", error=type(error).__name__)
        connection.close(reason=aiokafka_conn.CloseReason.AUTH_FAILURE, exc=error)
        return None
    return connection


def install() -> None:
    """From now on every connection of aiokafka's in this process renews its session."""
    aiokafka_conn.AIOKafkaConnection = Connection
    aiokafka_client.AIOKafkaClient._get_conn = _get_conn
