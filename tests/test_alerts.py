"""What watches the product: rules and dashboards name only metrics and labels that exist, and point at real pages."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from streams import metrics
from streams.gateway import door

ROOT = Path(__file__).resolve().parents[1]
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboards/overview.json").read_text())
JOBS = {
    job["job_name"]: job["static_configs"][0]["targets"]
    for job in yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
}


def series() -> dict[str, set[str]]:
    """Series name → label names, of every metric that the product declares, and of Prometheus' own `up`."""
    found: dict[str, set[str]] = {"up": set()}
    for metric in vars(metrics).values():
        if isinstance(metric, Counter | Gauge | Histogram):
            described = metric.describe()[0]
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(described.type, ("",))
            labels = set(metric._labelnames) | ({"le"} if described.type == "histogram" else set())
            found |= {described.name + suffix: labels for suffix in suffixes}
    return found


SERIES = series()


def selectors(node: Any) -> Iterator[Any]:
    """Every vector selector of a parsed query."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    elif isinstance(node, promql_parser.MatrixSelector):
        yield node.vector_selector
    elif isinstance(node, promql_parser.BinaryExpr):
        yield from selectors(node.lhs)
        yield from selectors(node.rhs)
    elif isinstance(node, promql_parser.Call):
        for argument in node.args:
            yield from selectors(argument)
    elif hasattr(node, "expr"):
        yield from selectors(node.expr)


def grouped(node: Any) -> set[str]:
    """Every label that the query groups by."""
    own = set(node.modifier.labels) if isinstance(node, promql_parser.AggregateExpr) and node.modifier else set()
    inner = [node.lhs, node.rhs] if isinstance(node, promql_parser.BinaryExpr) else list(getattr(node, "args", []))
    inner += [node.expr] if hasattr(node, "expr") else []
    return own.union(*map(grouped, inner))


QUERIES = [rule["expr"] for rule in RULES] + [t["expr"] for p in DASHBOARD["panels"] for t in p["targets"]]


@pytest.mark.parametrize("query", QUERIES)
def test_query_names_what_exists(query: str) -> None:
    """Series, matched labels and grouped labels are declared; jobs are scraped. A typing error would never fire."""
    parsed = promql_parser.parse(query.replace("$__rate_interval", "5m"))
    found = list(selectors(parsed))
    assert found
    for selector in found:
        labels = SERIES[selector.name] | {"job", "instance"}
        matchers = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
        assert set(matchers) <= labels
        assert matchers.get("job", "gateway") in JOBS
        assert grouped(parsed) <= labels


@pytest.mark.parametrize("query", QUERIES)
def test_outcomes_of_requests_are_those_of_the_door(query: str) -> None:
    """An alert on an outcome that the gateway never counts would never fire."""
    outcomes = {reply.outcome for reply in vars(door).values() if isinstance(reply, door.Reply)}
    for selector in selectors(promql_parser.parse(query.replace("$__rate_interval", "5m"))):
        matched = [m.value for m in selector.matchers.matchers if m.name == "outcome"]
        if selector.name == "junction_gateway_requests_total" and matched:
            assert set(matched[0].split("|")) <= outcomes


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    """Each alert has a severity, a sentence, and a page of the runbook."""
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")
    assert (ROOT / rule["annotations"]["runbook"]).is_file()


def test_the_labels_in_sentences_survive_the_query() -> None:
    """`{{ $labels.x }}` in a summary is a label that the query groups by."""
    for rule in RULES:
        words = rule["annotations"]["summary"].split("$labels.")[1:]
        used = {word.split()[0].rstrip(".}") for word in words}
        assert used <= grouped(promql_parser.parse(rule["expr"])), rule["alert"]


def test_silenced_alerts_exist() -> None:
    """An inhibit rule names alerts of the rules file."""
    config = yaml.safe_load((ROOT / "deploy/alertmanager/alertmanager.yml").read_text())
    named = {
        name
        for rule in config["inhibit_rules"]
        for matcher in rule["source_matchers"] + rule["target_matchers"]
        for name in matcher.split('"')[1].split("|")
    }
    assert named <= {rule["alert"] for rule in RULES}


def test_the_written_dashboard_is_current() -> None:
    """overview.json is what overview.py writes: run `python deploy/grafana/overview.py` after a change."""
    spec = importlib.util.spec_from_file_location("overview", ROOT / "deploy/grafana/overview.py")
    assert spec
    assert spec.loader
    overview = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(overview)
    assert overview.FILE.read_text() == overview.text()


def test_scraped_services_are_in_compose() -> None:
    """Each target is a service of docker-compose.yml at the port that its settings open."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    metrics = "STREAMS_METRICS_PORT"
    port = {"gateway": "STREAMS_GATEWAY_PORT", "worker": metrics, "fetcher": metrics}
    assert {job: [f"{job}:{services[job]['environment'][port[job]]}"] for job in port} == JOBS


promtool = shutil.which("promtool")


@pytest.mark.skipif(not promtool, reason="because promtool is not installed (Debian: apt install prometheus)")
def test_promtool_agrees() -> None:
    """Prometheus' own checker finds nothing wrong with configuration and rules."""
    config = ROOT / "deploy/prometheus/prometheus.yml"
    done = subprocess.run([str(promtool), "check", "config", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
