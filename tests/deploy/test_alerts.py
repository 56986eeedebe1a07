"""What watches the product: rules and dashboards name only metrics and labels that exist, and point at real pages."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from connectors.webhook import replies
from deploy.grafana.boards import BOARDS
from deploy.grafana.queries import filled
from docs.make import metrics as metrics_page
from streams.ops import metrics
from streams.ops.gauges import Spread

ROOT = Path(__file__).resolve().parents[2]
GROUPS = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
RECORDED = {rule["record"]: rule for group in GROUPS for rule in group["rules"] if "record" in rule}
RULES = [rule for group in GROUPS for rule in group["rules"] if "alert" in rule]
NAMES = {rule["alert"] for rule in RULES}
RUNBOOK = ROOT / "docs/runbook"
PAGES = sorted(path for path in RUNBOOK.glob("*.md") if path.name != "README.md")
TESTS = sorted((ROOT / "tests/prometheus").glob("*.yml"))
JOBS = {
    job["job_name"]: [f"{name}:{found['port']}" for found in job["dns_sd_configs"] for name in found["names"]]
    for job in yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
}


def series() -> dict[str, set[str]]:
    """Series name → label names: those of the product, of its Python processes, of Prometheus, and recorded ones."""
    found = {name: set[str]() for name in ("up", "process_resident_memory_bytes", "process_cpu_seconds_total")}
    found |= {"process_start_time_seconds": set(), "ALERTS": {"alertname", "alertstate", "severity"}}
    for metric in metrics_page.declared():
        for name in metric.series:
            found[name] = set(metric.labels) | ({"le"} if name.endswith("_bucket") else set())
    return found | {name: grouped(promql_parser.parse(rule["expr"])) for name, rule in RECORDED.items()}


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


SERIES = series()
PANELS = [line.query for board in BOARDS for panel in board.panels for line in panel.lines]
QUERIES = [rule["expr"] for rule in [*RULES, *RECORDED.values()]] + PANELS


def parsed(query: str) -> Any:
    return promql_parser.parse(filled(query, "5m", "30m"))


@pytest.mark.parametrize("query", QUERIES)
def test_query_names_what_exists(query: str) -> None:
    """Series, matched labels and grouped labels are declared; jobs are scraped. A typing error would never fire."""
    found = list(selectors(parsed(query)))
    assert found
    everywhere = {"job", "instance"}
    for selector in found:
        matchers = {matcher.name: matcher.value for matcher in selector.matchers.matchers}
        assert set(matchers) <= SERIES[selector.name] | everywhere
        assert set(matchers.get("job", "gateway").split("|")) <= set(JOBS)
        assert "le" not in matchers or matchers["le"] in {name for name, _ in Spread(metrics.AGES_S).cumulative()}
    assert grouped(parsed(query)) <= everywhere.union(*(SERIES[selector.name] for selector in found))


@pytest.mark.parametrize("query", QUERIES)
def test_outcomes_of_requests_are_those_of_the_door(query: str) -> None:
    """An alert on an outcome that the gateway never counts would never fire."""
    for selector in selectors(parsed(query)):
        matched = [m.value for m in selector.matchers.matchers if m.name == "outcome"]
        if selector.name == "junction_gateway_requests_total" and matched:
            assert set(matched[0].split("|")) <= set(replies.OUTCOMES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    """Each alert has a severity, a sentence, and a page of the runbook."""
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")
    assert ROOT / rule["annotations"]["runbook"] in PAGES


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_of_the_runbook_names_its_alerts(page: Path) -> None:
    """Those that lead to it and no others; it says what they mean, how to look, what to do, how to silence them."""
    text = page.read_text()
    head = " ".join(text.split("\n\n")[1].splitlines())
    mine = {rule["alert"] for rule in RULES if ROOT / rule["annotations"]["runbook"] == page}
    assert set(re.findall(r"`([A-Z]\w+)`", head)) == mine
    if mine:
        assert all(word in text for word in ("**What it means.**", "| do |", "    docker", "**Silence.**")) or (
            page.stem in ("dead-letters", "drift", "old-secret", "disk-full")  # tables of their own, or nothing to run
        )
        assert "**Silence.**" in text
        assert {*re.findall(r"alertname=(\w+)", text)} <= NAMES


def test_the_table_of_the_runbook_is_current() -> None:
    """Each page stands in it once."""
    named = re.findall(r"^\|.*\]\(([\w-]+\.md)\) \|$", (RUNBOOK / "README.md").read_text(), re.M)
    assert sorted(named) == [page.name for page in PAGES]


def test_the_labels_in_sentences_survive_the_query() -> None:
    """`{{ $labels.x }}` in a summary is a label that the query groups by, or, where it groups by none, has."""
    for rule in RULES:
        words = rule["annotations"]["summary"].split("$labels.")[1:]
        used = {word.split()[0].rstrip(".};)") for word in words}
        found = grouped(parsed(rule["expr"])).union(
            *(
                RECORDED and grouped(parsed(RECORDED[s.name]["expr"]))
                for s in selectors(parsed(rule["expr"]))
                if s.name in RECORDED
            )
        )
        assert used <= (found or {"job", "instance"}), rule["alert"]


def test_silenced_alerts_exist() -> None:
    """An inhibit rule names alerts of the rules file."""
    config = yaml.safe_load((ROOT / "deploy/alertmanager/alertmanager.yml").read_text())
    named = {
        name
        for rule in config["inhibit_rules"]
        for matcher in rule["source_matchers"] + rule["target_matchers"]
        for name in matcher.split('"')[1].split("|")
    }
    assert named <= NAMES


def test_scraped_services_are_in_compose() -> None:
    """Each target is a service of docker-compose.yml at the port that its settings open; of doors there are several."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    port = dict.fromkeys(JOBS, "STREAMS_METRICS_PORT") | {"gateway": "STREAMS_GATEWAY_ADMIN_PORT"}
    names = {job: [job] for job in JOBS} | {"source": [name for name in services if name.startswith("source-")]}
    assert {job: [f"{name}:{services[name]['environment'][port[job]]}" for name in names[job]] for job in port} == JOBS


def test_every_alert_is_tried() -> None:
    """For each there are series on which it fires, and series or a time at which it must not."""
    tried = [
        case for file in TESTS for test in yaml.safe_load(file.read_text())["tests"] for case in test["alert_rule_test"]
    ]
    fires = {case["alertname"] for case in tried if case.get("exp_alerts")}
    assert fires == NAMES
    rests = {case["alertname"] for case in tried if not case.get("exp_alerts")}
    assert NAMES - rests == {"WorkerDown"}  # whose case has a second process that must not be named


promtool = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(not promtool, reason="because promtool is missing (Debian: apt install prometheus)")


def run(*arguments: str | Path) -> None:
    done = subprocess.run([str(promtool), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_promtool_agrees() -> None:
    """Prometheus' own checker finds nothing wrong with configuration and rules."""
    run("check", "config", ROOT / "deploy/prometheus/prometheus.yml")


@needs_promtool
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_fire_when_they_should(file: Path) -> None:
    """Made-up series, at certain times: these alerts with these sentences, and no others."""
    run("test", "rules", file)
