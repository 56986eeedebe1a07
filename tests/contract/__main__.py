"""`python -m tests.contract SCHEMATHESIS`: a gateway on a mock Kafka, asked by schemathesis on both listeners."""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from streams.demo.cluster import MockCluster
from streams.demo.cluster.supervise import Child
from streams.kafka import admin
from streams.ops.settings import LOCAL_REGISTRY, Settings

PAGE = Path(__file__).resolve().parents[2] / "docs/openapi.yaml"
SECRET, ENDPOINT = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "contract"
READY_S = 30.0
PUBLIC = "^/webhooks/"
CHECKS = (
    *("status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "unsupported_method", "no_server_error_but_503", "signed_is_taken"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.contract", description=__doc__)
    parser.add_argument("schemathesis", type=Path, help="its program")
    parser.add_argument("--examples", type=int, default=300, help="requests of each kind, at most")
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    settings = Settings.model_construct()
    wanted = {topic.name: settings.partitions for topic in admin.layout_of(settings)}
    with MockCluster(wanted) as kafka, TemporaryDirectory() as folder:
        child = Child([sys.executable, "-m", "streams", "gateway"], Path(folder, "log"), env=environment(kafka))
        try:
            public, own = (f"http://127.0.0.1:{port}" for port in ports(child))
            wait_ready(own)
            places = ((public, "--include-path-regex"), (own, "--exclude-path-regex"))
            codes = [ask(args, Path(folder), url, option, PUBLIC) for url, option in places]
        finally:
            child.stop()
    return max(codes)


def environment(kafka: MockCluster) -> Mapping[str, str]:
    """What the gateway is told."""
    return {
        "STREAMS_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "STREAMS_REGISTRY_URL": LOCAL_REGISTRY,
        "STREAMS_ENDPOINTS": f'{{"{ENDPOINT}": ["{SECRET}"]}}',
        "STREAMS_GATEWAY_PORT": "0",
        "STREAMS_GATEWAY_ADMIN_PORT": "0",
    }


def ports(child: Child) -> tuple[str, str]:
    """Of the two listeners, known once it listens."""
    until_s = time.monotonic() + READY_S
    while time.monotonic() < until_s and child.running():
        found = dict(re.findall(r'"(port|admin_port)": (\d+)', child.said()))
        if "port" in found:
            return found["port"], found["admin_port"]
        time.sleep(0.05)
    raise SystemExit(f"the gateway does not listen: {child.last_words()}")


def wait_ready(own: str) -> None:
    until_s = time.monotonic() + READY_S
    while httpx.get(f"{own}/readyz").status_code != 200:
        if time.monotonic() > until_s:
            raise SystemExit("the gateway is not ready")
        time.sleep(0.1)


def ask(args: argparse.Namespace, folder: Path, url: str, *paths: str) -> int:
    """schemathesis' exit code. `folder`: where it may leave what it remembers."""
    seed = [] if args.seed is None else [f"--seed={args.seed}"]
    command = [args.schemathesis.absolute(), "run", PAGE, f"--url={url}", *paths, f"--checks={','.join(CHECKS)}", *seed]
    told = {"CONTRACT_SECRET": SECRET, "CONTRACT_ENDPOINT": ENDPOINT, "SCHEMATHESIS_HOOKS": "tests.contract.signing"}
    told["PYTHONPATH"] = str(PAGE.parents[1])
    more = [f"--max-examples={args.examples}", "--continue-on-failure", "--request-timeout=20", "--no-color"]
    return subprocess.run([*command, *more], cwd=folder, env=os.environ | told).returncode


if __name__ == "__main__":
    sys.exit(main())
