"""What a load generator plays, and a server that takes it: for the tests of both generators."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def frames(data: bytes) -> list[bytes]:
    """What stands in a file, each behind four bytes of its length."""
    found = []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        found.append(data[4:end])
        data = data[end:]
    return found


@contextmanager
def taken() -> Iterator[tuple[int, list[tuple[dict[str, str], bytes]]]]:
    """The port of a server that answers 204 to everything, and (headers, body) of what has come."""
    came: list[tuple[dict[str, str], bytes]] = []

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            came.append((dict(self.headers.items()), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests' output is not its log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port, came
        finally:
            server.shutdown()
