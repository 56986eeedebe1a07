"""What breaks a way is found: real gateways, a real nginx that is set wrong, clocks and secrets that are not right."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from pydantic import SecretStr

from connectors.control.file import WantedEndpoint
from connectors.control.probing.judge import Expected, lines_of
from connectors.control.probing.routes import moved, secrets_here, ways_of
from connectors.control.probing.trial import Culprit, ProbeRoute, ProbeTrial, try_route
from streams.demo.cluster import ports
from streams.demo.cluster.supervise import Child
from streams.events.signature import Keyring
from streams.ops.errors import Misconfigured
from streams.ops.lines import Line, State
from tests.attack import stage
from tests.connectors.control.probing.test_probe import SECRET, STRANGE, now_s
from tests.connectors.webhook import gateways

needs_nginx = pytest.mark.skipif(bool(stage.missing_nginx()), reason="because nginx is a package of the system")
PRINTS = Keyring.parse([gateways.SECRET, gateways.OLD_SECRET]).fingerprints


@pytest.fixture(scope="module")
def gateway() -> Iterator[gateways.Running]:
    with gateways.start(gateways.make_settings()) as running:
        yield running


def route(url: str, secret: SecretStr = SECRET, off_s: float = 0.0) -> ProbeRoute:
    return ProbeRoute(f"{url}/webhooks/junction", "junction", secret, clock=lambda: now_s() + off_s)


def judged(trial: ProbeTrial) -> dict[str, Line]:
    """By what they are about."""
    made = lines_of(trial, Expected(PRINTS, is_public=True, now_s=now_s(), tolerance_s=300))
    return {line.about: line for line in made}


async def test_a_whole_way(gateway: gateways.Running) -> None:
    """Both bodies come through, and every line is right."""
    trial = await try_route(route(gateway.url))
    assert ([one.body_bytes for one in trial.answers], trial.failure) == ([1024, 1 << 20], None)
    lines = judged(trial)
    assert {line.state for line in lines.values()} == {State.OK}
    assert {"gateway", "secret", "clock", "body"} == set(lines)
    assert gateway.publisher.records == []


async def test_a_wrong_secret_is_named(gateway: gateways.Running) -> None:
    """Where nothing else helps it is the secret, or the endpoint; no secret is in any line."""
    trial = await try_route(route(gateway.url, STRANGE))
    assert trial.culprit is Culprit.SECRET
    line = judged(trial)["secret"]
    assert (line.state, "compare fingerprints" in line.change) == (State.WRONG, True)
    assert STRANGE.get_secret_value()[6:] not in str(line)


@pytest.mark.parametrize(("off_s", "sentence"), [(-900, "ahead of"), (900, "behind"), (3605, "behind")])
async def test_a_clock_that_is_off_is_named(gateway: gateways.Running, off_s: float, sentence: str) -> None:
    """More than the tolerance: the gateway refuses all, and a probe by another clock says that it is that."""
    trial = await try_route(route(gateway.url, off_s=off_s))
    assert trial.culprit is Culprit.CLOCK
    assert sentence in judged(trial)["clock"].found


@pytest.mark.parametrize(("off_s", "state"), [(100, State.LOOK_AT), (0.5, State.OK)])
async def test_a_clock_within_the_tolerance(gateway: gateways.Running, off_s: float, state: State) -> None:
    """Is told before it is too late."""
    trial = await try_route(route(gateway.url, off_s=off_s))
    assert judged(trial)["clock"].state is state


NGINX = """
daemon off;
pid {place}/pid;
{user}
events {{ }}
http {{
access_log off;
{folders}
client_max_body_size 16m;
server {{
listen 127.0.0.1:{port};
{server}
location / {{
proxy_pass http://127.0.0.1:{gateway};
{location}
}}
}}
}}
"""


@contextmanager
def nginx(folder: Path, gateway_url: str, location: str = "", server: str = "") -> Iterator[str]:
    """A real one before the gateway, with these lines in its configuration."""
    port, names = ports.random_free(), ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    text = NGINX.format(
        place=folder,
        user="user root;" if os.geteuid() == 0 else "",  # whose folder it is
        folders="".join(f"{name}_temp_path {folder}/{name};\n" for name in names),
        port=port,
        gateway=gateway_url.rpartition(":")[2],
        location=location,
        server=server,
    )
    (folder / "nginx.conf").write_text(text)
    program = [stage.nginx_program(), "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    child = Child(program, folder / "nginx.log")
    try:
        while not ports.listening(port):
            assert child.running(), child.last_words()
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


@needs_nginx
async def test_a_proxy_that_changes_nothing(gateway: gateways.Running, tmp_path: Path) -> None:
    """nginx as it should be: no line but good ones."""
    with nginx(tmp_path, gateway.url) as url:
        trial = await try_route(route(url))
    assert {line.state for line in judged(trial).values()} == {State.OK}


WRONG = {
    "a small limit": ("", "client_max_body_size 100k;", "body", "client_max_body_size 16m"),
    "no svix headers": ('proxy_set_header svix-signature "";', "", "headers", "svix-id"),
    "another body": ('proxy_set_body "$request_body ";', "", "secret", "a proxy on the way changes every body"),
    "a redirect": ("return 301 https://elsewhere.example$request_uri;", "", "way", "follows no redirect"),
    "a login": ('auth_basic "us"; auth_basic_user_file /dev/null;', "", "way", "asks for a login before the gateway"),
    "nobody behind": ("proxy_pass http://127.0.0.1:9;", "", "way", "the proxy there reaches none"),
    "answers cut": ("proxy_hide_header junction-streams-instance;", "", "way", "hand them on"),
    "another path": ("rewrite ^/webhooks/(.*)$ /$1 break;", "", "way", "at another path"),
    "what is not for it": ("return 204;", "", "way", "events that nobody stores"),
}


@needs_nginx
@pytest.mark.parametrize("case", WRONG)
async def test_a_proxy_that_is_set_wrong(gateway: gateways.Running, tmp_path: Path, case: str) -> None:
    """Each is told by what to change."""
    location, server, about, words = WRONG[case]
    if location.startswith("proxy_pass"):
        location, server = "", f"location /webhooks/ {{ {location} }}"
    with nginx(tmp_path, gateway.url, location, server) as url:
        trial = await try_route(route(url))
    line = judged(trial)[about]
    assert line.state in (State.WRONG, State.SILENT)
    assert words in line.found + line.change


async def test_a_proxy_that_writes_json_anew(gateway: gateways.Running) -> None:
    """A plain body passes unchanged, one with odd bytes does not: so it is the body, neither secret nor clock."""

    async def hand_on(request: web.Request) -> web.Response:
        body = json.dumps(json.loads(await request.read()), separators=(",", ":")).encode()
        kept = {name: value for name, value in request.headers.items() if name.lower().startswith("svix-")}
        async with (
            ClientSession() as session,
            session.post(f"{gateway.url}{request.path}", data=body, headers=kept) as got,
        ):
            headers = {name: value for name, value in got.headers.items() if name.lower().startswith("junction-")}
            return web.Response(status=got.status, headers=headers, body=await got.read())

    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/webhooks/junction", hand_on)
    runner = web.AppRunner(app)
    await runner.setup()
    port = ports.random_free()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        trial = await try_route(route(f"http://127.0.0.1:{port}"))
    finally:
        await runner.cleanup()
    assert trial.culprit is Culprit.BODY
    assert "no reading and writing of JSON" in judged(trial)["body"].change


def test_ways_of_an_endpoint(tmp_path: Path) -> None:
    """The public URL with its headers first, then each gateway; by the newest secret of the file that signs."""
    file = tmp_path / "secret"
    file.write_text(f"{gateways.SECRET}\n{gateways.OLD_SECRET}\n")
    file.chmod(0o600)
    headers = {"X-Env": SecretStr("prod")}
    wanted = WantedEndpoint(
        "junction", "https://in.example/webhooks/junction", headers=headers, secret_file=file, gateways=("http://a:1",)
    )
    public, behind = ways_of(wanted, gateways.make_settings(endpoints={}))
    assert (public.is_public, public.route.headers, public.fingerprints) == (True, headers, PRINTS)
    assert (behind.route.url, behind.is_public, behind.route.headers) == ("http://a:1/webhooks/junction", False, {})
    assert behind.route.secret.get_secret_value() == gateways.SECRET
    assert moved(wanted, "https://other.example/webhooks/junction").gateways == ()
    with pytest.raises(Misconfigured, match="in the clear"):
        moved(wanted, "http://other.example/webhooks/junction")


def test_a_secret_that_is_not_here() -> None:
    """It is said where it could be."""
    with pytest.raises(Misconfigured, match="set secret_file"):
        secrets_here("junction", None, gateways.make_settings(endpoints={}))
