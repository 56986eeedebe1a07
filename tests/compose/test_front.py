"""The port in front of several gateways."""

import socket

import httpx
import pytest

from streams.demo.cluster.ports import random_free
from tests.compose.front import Front


def test_a_door_at_which_nobody_listens_is_passed_over() -> None:
    """A connection goes to the next one that answers; what it says comes back through."""
    with socket.create_server(("127.0.0.1", 0)) as server, Front([random_free(), server.getsockname()[1]]) as front:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", front.port), timeout=5) as client:
                client.sendall(b"to the door")
                behind, _ = server.accept()
                with behind:
                    assert behind.recv(64) == b"to the door"
                    behind.sendall(b"from the door")
                    assert client.recv(64) == b"from the door"


def test_without_a_door_a_connection_is_closed() -> None:
    """So that a sender tries again, and does not wait."""
    with Front([random_free()]) as front, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{front.port}/", trust_env=False)
