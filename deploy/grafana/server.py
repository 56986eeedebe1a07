"""A real Prometheus on this machine for as long as it is needed, and what it answers."""

import math
import shutil
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml

from streams.demo.cluster import ports
from streams.ops.errors import Misconfigured, Unavailable

RULES = Path(__file__).resolve().parents[1] / "prometheus" / "alerts.yml"
SCRAPE_S = 1
READY_S = 30.0
POINTS = 40  # of a range


class Series(NamedTuple):
    """`labels` without the name; `values`: the newest last, without those that are not numbers."""

    labels: Mapping[str, str]
    values: list[float]


def program() -> str:
    """Where Prometheus is. Raises Misconfigured with the package to install."""
    found = shutil.which("prometheus")
    if not found:
        raise Misconfigured("no Prometheus on this machine (Debian: apt install prometheus)")
    return found


class Prometheus:
    """Its HTTP API."""

    def __init__(self, url: str) -> None:
        self.url, self.began_s = url, time.time()
        self._client = httpx.Client(base_url=url, timeout=30)

    def now(self, query: str) -> list[Series]:
        """The query's value at this moment."""
        return [_series(row, [row["value"]]) for row in self.ask("query", query=query)]

    def over(self, query: str) -> list[Series]:
        """The query's values since Prometheus was started."""
        end_s = time.time()
        step_s = max(1, math.ceil((end_s - self.began_s) / POINTS))
        rows = self.ask("query_range", query=query, start=self.began_s, end=end_s, step=step_s)
        return [_series(row, row["values"]) for row in rows]

    def alerts(self) -> dict[str, str]:
        """Each alert that was not inactive since Prometheus was started: "pending" or "firing"."""
        seen = sorted((one.labels["alertname"], one.labels["alertstate"]) for one in self.over("ALERTS"))
        return dict(reversed(seen))  # one that was pending and then fired has fired

    def look(self, scrapes: int) -> None:
        """Return when each process has been scraped so many times more, and every rule evaluated without an error."""
        wanted = self._scraped() + scrapes
        while self._scraped() < wanted or self._unevaluated():
            time.sleep(SCRAPE_S)

    def evaluate(self) -> None:
        """Return when every rule has been evaluated anew: what was true before is not true any more by itself."""
        from_s = time.time()
        while min(datetime.fromisoformat(group["lastEvaluation"]).timestamp() for group in self._groups()) < from_s:
            time.sleep(0.2)

    def _groups(self) -> list[dict[str, Any]]:
        groups: list[dict[str, Any]] = self._client.get("/api/v1/rules", params={"type": "alert"}).json()["data"][
            "groups"
        ]
        return groups

    def _scraped(self) -> float:
        return min((one.values[-1] for one in self.now("count_over_time(up[1d])")), default=0.0)

    def _unevaluated(self) -> list[str]:
        return [rule["name"] for group in self._groups() for rule in group["rules"] if rule["health"] != "ok"]

    def ask(self, what: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of an answer as they came. Raises ValueError with what Prometheus does not like."""
        answer = self._client.get(f"/api/v1/{what}", params=parameters)
        said = answer.json()
        if said["status"] != "success":
            raise ValueError(f"{parameters['query']}: {said['error']}")
        rows: list[dict[str, Any]] = said["data"]["result"]
        return rows


def _series(row: Mapping[str, Any], points: list[Any]) -> Series:
    numbers = [float(value) for _, value in points]
    labels = {name: value for name, value in row["metric"].items() if name != "__name__"}
    return Series(labels, [number for number in numbers if math.isfinite(number)])


@contextmanager
def running(folder: Path, targets: Mapping[str, str], scrape_s: int = SCRAPE_S) -> Iterator[Prometheus]:
    """Scrapes what `targets` name, `host:port` by job, with the rules that deployments have.

    An answer may take as long as `scrape_s`, else its process counts as down.
    """
    config = {
        "global": {"scrape_interval": f"{scrape_s}s", "evaluation_interval": f"{SCRAPE_S}s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in targets.items()
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    file, port = folder / "prometheus.yml", ports.random_free()
    file.write_text(yaml.safe_dump(config))
    command = [program(), f"--config.file={file}", f"--storage.tsdb.path={folder / 'data'}", "--log.level=warn"]
    command.append("--storage.tsdb.retention.time=10y")  # what was kept is looked at again when boards change
    with (
        (folder / "prometheus.log").open("w") as log,
        subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log) as process,
    ):
        try:
            yield _ready(f"http://127.0.0.1:{port}", set(targets.values()))
        finally:
            process.terminate()


def _ready(url: str, targets: Collection[str]) -> Prometheus:
    """Once everybody has been scraped, some seconds after the start: what had happened before would be no increase.

    Raises Unavailable.
    """
    server, deadline_s = Prometheus(url), time.monotonic() + READY_S
    while time.monotonic() < deadline_s:
        with suppress(httpx.HTTPError, ValueError):
            # A folder with the data of an earlier run still has what was scraped then.
            if sum(one.values[-1] for one in server.now("up") if one.labels["instance"] in targets) == len(targets):
                server.evaluate()
                server.began_s = time.time()
                return server
        time.sleep(0.2)
    raise Unavailable("Prometheus has not scraped every process")
