"""Networks of docker-compose.yml: who speaks to whom, and who may ask the internet."""

import re

import yaml

from tests.deploy.test_compose import COMPOSE, ROOT, SERVICES, environment, every_service

NETWORKS = COMPOSE["networks"]
OPEN = {name for name, network in NETWORKS.items() if not network.get("internal")}
PROMETHEUS = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
SCRAPED = {
    "prometheus": [f"{name}:0" for job in PROMETHEUS["scrape_configs"] for name in job["dns_sd_configs"][0]["names"]]
    + ["alertmanager:9093"],
    "sink": ["sink-db:5432"],  # in a secret, streams_postgres_url
}
DOORS = {name for name in SERVICES if name.startswith("source-")}
# Whose work is to ask others.
ASK_OUTSIDE = {"fetcher", "notify", "sink", "alertmanager", *DOORS}


def networks(name: str) -> set[str]:
    return set(SERVICES[name]["networks"])


def named(name: str) -> set[str]:
    """Services that this one waits for or has an address of, in its settings, its command or Prometheus' files."""
    service = SERVICES[name]
    text = " ".join([*environment(service).values(), *service.get("command", []), *SCRAPED.get(name, [])])
    told = {other for other in SERVICES if re.search(rf"(?<![\w.-]){other}:\d", text)}
    told |= set(service.get("depends_on", []))
    # A door has the registry's address and does not use it: it stores bytes as they come.
    return told - {name, "init"} - ({"registry"} if name in {"gateway", *DOORS} else set())


@every_service
def test_whoever_is_spoken_to_can_be_reached(name: str) -> None:
    """A service shares an internal network with each that its settings name."""
    for other in named(name):
        assert (networks(name) & networks(other)) - OPEN, other


@every_service
def test_nobody_is_where_it_has_nothing_to_do(name: str) -> None:
    """In each network that a service is in there is somebody whom it speaks to, or who speaks to it."""
    for network in networks(name) - OPEN:
        others = {other for other in SERVICES if other != name and network in networks(other)}
        assert any(other in named(name) or name in named(other) for other in others), network


def test_only_who_asks_others_gets_out() -> None:
    """The worker and whoever holds health data for Kafka alone have no way to the internet."""
    assert {name for name in SERVICES if "outside" in networks(name)} == ASK_OUTSIDE
    assert NETWORKS["outside"]["driver_opts"]["com.docker.network.bridge.enable_icc"] == "false"


@every_service
def test_a_published_port_has_a_way_in(name: str) -> None:
    """Ports are published from a network of the service's own, which lends it no address to go out with."""
    ports = {network for network in networks(name) & OPEN if network.endswith("-port")}
    assert ports <= {f"{name}-port"}
    assert bool(SERVICES[name].get("ports")) == bool(networks(name) & OPEN) or name in ASK_OUTSIDE
    for network in ports:
        assert NETWORKS[network]["driver_opts"] == {"com.docker.network.bridge.enable_ip_masquerade": "false"}
