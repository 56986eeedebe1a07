"""An OAuth server on loopback: JWTs signed with RS256, its keys at /jwks, and failures on demand."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from streams.demo.cluster.ports import LOOPBACK

ISSUER, AUDIENCE = "https://tokens.test", "kafka"
CLIENT, SECRET = "worker", "the-clients-secret"
AZURE_PATH = "/metadata/identity/oauth2/token"


class TokenServer:
    """`life_s`: of the tokens that it gives. `told_s`: what it says of that, where that is another thing. `failure`:
    (HTTP status, OAuth's code) in place of a token. `claims`: that replace usual ones. `client_key`: of a client that
    signs."""

    def __init__(self, life_s: float = 3600.0) -> None:
        self.life_s = life_s
        self.told_s: Any = None
        self.failure: tuple[int, str] | None = None
        self.claims: dict[str, Any] = {}
        self.client_key: RSAKey | None = None
        self.given: list[str] = []
        self.given_to: list[str] = []  # by scope
        self.forms: list[dict[str, str]] = []
        self._key = _key()
        self._http = ThreadingHTTPServer((LOOPBACK, 0), _handler(self))

    def start(self) -> None:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), name="tokens", daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._http.server_port}"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/jwks"

    def jwks(self) -> dict[str, Any]:
        return dict(KeySet([self._key]).as_dict(private=False))

    def answer(self, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """To a request for a token: HTTP status and body (RFC 6749, 5)."""
        self.forms.append(form)
        if self.failure:
            status, code = self.failure
            return status, {"error": code, "error_description": f"{SECRET} is wrong"}
        if not self._knows(authorization, form):
            return 401, {"error": "invalid_client"}
        self.given_to.append(form.get("scope", ""))
        return 200, {"access_token": self.token(), "token_type": "Bearer", "expires_in": self.told_s or self.life_s}

    def azure(self, query: dict[str, str], metadata: str) -> tuple[int, dict[str, Any]]:
        """As the metadata service of a machine answers."""
        self.forms.append(query)
        if metadata != "true":
            return 400, {"error": "bad_request_102", "error_description": "Required metadata header not specified"}
        return 200, {"access_token": self.token(), "expires_in": str(int(self.life_s)), "token_type": "Bearer"}

    def token(self) -> str:
        now_s = time.time()
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": CLIENT, "iat": now_s, "exp": now_s + self.life_s}
        made = jwt.encode({"alg": "RS256", "kid": "k1"}, usual | {"jti": str(len(self.given))} | self.claims, self._key)
        self.given.append(made)
        return made

    def _knows(self, authorization: str, form: dict[str, str]) -> bool:
        if assertion := form.get("client_assertion") or form.get("assertion"):
            return self._is_signed(assertion)
        return authorization == "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()

    def _is_signed(self, assertion: str) -> bool:
        if self.client_key is None:
            return False
        try:
            claims = jwt.decode(assertion, self.client_key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        is_ours = claims["iss"] == claims["sub"] == CLIENT and claims["aud"] == self.token_url
        return is_ours and claims["exp"] > time.time()


@cache
def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})


@contextmanager
def running(life_s: float = 3600.0) -> Iterator[TokenServer]:
    """A server until the block ends."""
    server = TokenServer(life_s)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _handler(server: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == AZURE_PATH:
                self._reply(*server.azure(_flat(parts.query), self.headers.get("Metadata", "")))
            else:
                self._reply(200, server.jwks())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._reply(*server.answer(self.headers.get("Authorization", ""), _flat(body)))

        def _reply(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
