"""A Kubernetes of our own on loopback: etcd, kube-apiserver, controllers. Its node is tests.kubernetes.node."""

import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import stamina
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from streams.demo.cluster.ports import random_free
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Misconfigured
from tests.kubernetes import programs

READY_S = 60.0


@dataclass(frozen=True)
class Api:
    """`config`: for kubectl and helm, of somebody who may do everything. `url`, `token`: the same for a client of HTTP.
    `ready_s`: from the start of etcd."""

    config: Path
    url: str
    token: str
    ready_s: float = 0.0

    def command(self, *arguments: str | Path) -> list[str]:
        """kubectl with these arguments."""
        return [str(programs.build("kubectl")), "--kubeconfig", str(self.config), *map(str, arguments)]


class _NotYet(Exception):
    pass


@contextmanager
def started(folder: Path) -> Iterator[Api]:
    """The API, until the end of the block. Raises Misconfigured where it does not come up."""
    began = time.monotonic()
    etcd_url, port, token = f"http://127.0.0.1:{random_free()}", random_free(), secrets.token_urlsafe(16)
    store = Child([programs.build("etcd"), *_etcd(folder, etcd_url)], folder / "etcd.log")
    server = Child([programs.build("kube-apiserver"), *_server(folder, etcd_url, port, token)], folder / "server.log")
    api = Api(_config(folder, port, token), f"https://127.0.0.1:{port}", token)
    controllers = None
    try:
        _wait(api, server)
        controllers = Child(
            [programs.build("kube-controller-manager"), *_controllers(folder, api)], folder / "controllers.log"
        )
        yield replace(api, ready_s=time.monotonic() - began)
    finally:
        for child in filter(None, (controllers, server, store)):
            child.stop(timeout_s=10)


def _etcd(folder: Path, url: str) -> list[str]:
    peers = f"http://127.0.0.1:{random_free()}"
    found = [f"--data-dir={folder / 'etcd'}", f"--listen-client-urls={url}", f"--advertise-client-urls={url}"]
    found += [f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}"]
    return [*found, f"--initial-cluster=default={peers}", "--unsafe-no-fsync"]


def _server(folder: Path, etcd_url: str, port: int, token: str) -> list[str]:
    key = folder / "accounts.pem"
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    plain = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    key.write_bytes(made.private_bytes(serialization.Encoding.PEM, *plain))
    users = folder / "users.csv"
    users.write_text(f'{token},operator,operator,"system:masters"\n', encoding="utf-8")
    found = [f"--etcd-servers={etcd_url}", "--bind-address=127.0.0.1", f"--secure-port={port}"]
    found += [f"--cert-dir={folder / 'certificates'}", f"--token-auth-file={users}", "--authorization-mode=RBAC"]
    found += [f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}"]
    found += ["--service-account-issuer=https://kubernetes.default.svc"]
    return [*found, "--service-cluster-ip-range=10.96.0.0/16"]


def _controllers(folder: Path, api: Api) -> list[str]:
    # Those that make pods of what the chart has, and no others: without a kubelet's signs of life a node would be
    # given up, and what is on it.
    names = ("deployment", "replicaset", "statefulset", "job", "disruption", "garbage-collector")
    found = [f"--kubeconfig={api.config}", f"--controllers={','.join(f'{name}-controller' for name in names)}"]
    found += [f"--cert-dir={folder / 'certificates-of-controllers'}", f"--secure-port={random_free()}"]
    return [*found, "--bind-address=127.0.0.1", "--leader-elect=false"]


def _config(folder: Path, port: int, token: str) -> Path:
    # The server makes its certificate itself, and nobody else can be on this port.
    cluster = {"server": f"https://127.0.0.1:{port}", "insecure-skip-tls-verify": True}
    made = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": cluster}],
        "users": [{"name": "operator", "user": {"token": token}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "operator"}}],
        "current-context": "here",
    }
    path = folder / "config"
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


def _wait(api: Api, server: Child) -> None:
    for attempt in stamina.retry_context(on=_NotYet, attempts=None, timeout=READY_S, wait_initial=0.1, wait_max=0.5):
        with attempt:
            if not server.running():
                raise Misconfigured(f"kube-apiserver ended: {server.last_words()}")
            asked = subprocess.run(api.command("get", "--raw", "/readyz"), capture_output=True, text=True, check=False)
            if asked.stdout != "ok":
                raise _NotYet
