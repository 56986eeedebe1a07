"""deploy/helm: what is made is made anew, values are refused where they are wrong, and pods have few rights.

helm itself runs where it is on the path, or where `make helm` has built it.
"""

import json
import re
import subprocess
from functools import cache
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml

from deploy.helm import settings
from deploy.helm.chart import ALERTS, CHART, HERE, written
from streams.cli import app
from streams.engine.faust.run import STOP_S
from streams.ops.settings import Settings
from tests.deploy.test_systemd import seconds_of_a_stop
from tests.kubernetes import programs

TEMPLATES = {path: path.read_text(encoding="utf-8") for path in sorted(CHART.rglob("templates/**/*.*"))}
VALUES = (CHART / "values.yaml").read_text(encoding="utf-8")
EXAMPLES = sorted((HERE / "examples").glob("*.yaml"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
NAMES = {settings.variable(name) for name in Settings.model_fields}
POD_KINDS = ("Deployment", "StatefulSet", "Job", "Pod")
HELM = programs.helm()

every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
with_helm = pytest.mark.skipif(not HELM, reason="because helm is neither on the path nor built by `make helm`")


def merged(values: Any, over: Any) -> Any:
    """As helm lays a file of values over those of the chart; null takes a key away."""
    if not isinstance(values, dict) or not isinstance(over, dict):
        return over
    found = {**values, **{key: merged(values.get(key), one) for key, one in over.items()}}
    return {key: one for key, one in found.items() if one is not None}


def problems(over: dict[str, Any]) -> list[str]:
    """What the schema says of these values over those of the chart."""
    checker = jsonschema.Draft202012Validator(SCHEMA)
    return [error.message for error in checker.iter_errors(merged(yaml.safe_load(VALUES), over))]


@cache
def rendered(name: str) -> list[dict[str, Any]]:
    """What helm makes of an example, as release `x` in the namespace `health`."""
    example = HERE / "examples" / f"{name}.yaml"
    command = [str(HELM), "template", "x", str(CHART), "--namespace", "health", "--values", str(example)]
    done = subprocess.run([*command, "--kube-version", "1.30"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def pods(name: str) -> dict[str, dict[str, Any]]:
    """Specifications of the pods of an example, by the name of what makes them."""
    made = {one["metadata"]["name"]: one["spec"] for one in rendered(name) if one["kind"] in POD_KINDS}
    specs = {name: one["template"]["spec"] if "template" in one else one for name, one in made.items()}
    return {name.removeprefix("x-junction-streams-"): spec for name, spec in specs.items()}


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container["env"]}


def mounted(pod: dict[str, Any], volume: str) -> set[str]:
    """Names of the files in a projected volume."""
    found = (one for one in pod["volumes"] if one["name"] == volume)
    sources = [source for one in found for source in one["projected"]["sources"]]
    return {item["path"] for source in sources for kind in source.values() for item in kind["items"]}


def test_what_is_made_is_up_to_date() -> None:
    """`make chart` would change nothing: the schema has every setting, the rules are those of Prometheus."""
    stale = [path.name for path, text in written().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make chart`"
    assert (CHART / "files/alerts.yml").read_bytes() == ALERTS.read_bytes()


def test_versions_are_those_of_the_program() -> None:
    """The chart names the version of this program, which is its image's tag."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    compose = yaml.safe_load((HERE.parents[1] / "docker-compose.yml").read_text(encoding="utf-8"))
    assert compose["services"]["gateway"]["image"] == f"{chart['name']}:{chart['appVersion']}"


def names_of(values: Any) -> set[str]:
    """Names of values at any depth; of peers, rules and amounts, which go on as they are, only where they begin."""
    if not isinstance(values, dict):
        return set()
    deeper = (names_of(one) for name, one in values.items() if name not in ("resources", "settings"))
    return set(values).union(*deeper)


def test_every_value_is_read() -> None:
    """What values.yaml has, a template reads by that name: one that changes nothing would be a lie."""
    text = "".join(TEMPLATES.values())
    unread = {name for name in names_of(yaml.safe_load(VALUES)) if not re.search(rf"[.\"]{name}\b", text)}
    assert unread == set()


def test_the_schema_is_one() -> None:
    """values.schema.json is a schema, and the chart's own values fit it."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert problems({}) == []


@every_example
def test_an_example_fits_the_schema(path: Any) -> None:
    """The files that people begin with have no typing error."""
    assert problems(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"wroker": {"replicas": 3}},
        {"worker": {"replica": 3}},
        {"worker": {"replicas": "three"}},
        {"settings": {"STREAMS_PARTITION": 12}},
        {"settings": {"STREAMS_PARTITIONS": 1000}},
        {"settings": {"STREAMS_SASL_PASSWORD": "hunter2"}},
        {"settings": {"STREAMS_ENDPOINTS": "{}"}},
        {"settings": {"STREAMS_WORKER_ID": "w0"}},
        {"worker": {"settings": {"STREAMS_PARTITIONS": 12}}},
        {"secrets": {"STREAMS_SASL_PASSWORD": "hunter2"}},
        {"secrets": {"STREAMS_SASL_PASSWORD": {"secret": "a", "value": "hunter2"}}},
        {"files": {"STREAMS_SSL_CA_FILE": "/etc/ca.pem"}},
        {"image": {"digest": "0.1.0"}},
        {"pods": {"user": 0}},
        {"settings": {"STREAMS_LINEAGE_DIR": "/index"}},
        {"console": {"settings": {"STREAMS_LINEAGE_DAYS": 7}}},
        {"sinks": {"a": {"kind": "clickhouse"}}},
        {"sinks": {"A_b": {}}},
    ],
    ids=json.dumps,
)
def test_wrong_values_are_refused(wrong: dict[str, Any]) -> None:
    """Names that do not exist, secrets in the clear, settings of one process that all must share, root."""
    assert problems(wrong)


def test_settings_in_templates_exist() -> None:
    """A variable that is no setting would be ignored in silence; those that the chart sets are taken from no value."""
    found = {name for text in TEMPLATES.values() for name in re.findall(r"STREAMS_[A-Z_]+[A-Z]", text)}
    assert found - {"STREAMS_SECRETS_DIR"} <= NAMES
    lines = [line for text in TEMPLATES.values() for line in text.splitlines() if re.search(r"\bown\b.*\bdict\b", line)]
    assert lines
    own = {name for line in lines for name in re.findall(r"STREAMS_[A-Z_]+[A-Z]", line)}
    assert own | {"STREAMS_WORKER_ID"} == {settings.variable(name) for name in settings.OF_THE_CHART}


def test_each_setting_has_one_way_in() -> None:
    """A setting is a variable, a secret, a file, or the chart's own: none is forgotten, none has two ways."""
    ways = [*settings.plain(), *settings.secrets(), *settings.files(), *settings.OF_THE_CHART]
    assert sorted(ways) == sorted(Settings.model_fields)


def test_settings_are_read_from_a_folder_as_kubernetes_lays_it(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of a Secret are links through a folder that is swapped: each is found by its name in lower case."""
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026/streams_sasl_password").write_text("from a file")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "streams_sasl_password").symlink_to("..data/streams_sasl_password")
    monkeypatch.setitem(Settings.model_config, "secrets_dir", str(tmp_path))
    assert Settings(_env_file=None).sasl_password.get_secret_value() == "from a file"


@with_helm
@every_example
def test_pods_have_few_rights(path: Any) -> None:
    """Nobody is root, writes to the root, keeps a capability, or has a token of Kubernetes; memory is bounded."""
    assert pods(path.stem)
    for pod in pods(path.stem).values():
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
        for container in containers(pod):
            rights = {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["securityContext"] == rights
            assert container["resources"]["limits"]["memory"]


@with_helm
@every_example
def test_pods_run_commands_with_settings_that_exist(path: Any) -> None:
    """Arguments are a command of the program; variables are settings whose text is taken, and none is a secret."""
    root = typer.main.get_command(app)
    secret = {settings.variable(name) for name in settings.secrets()}
    for container in (one for pod in pods(path.stem).values() for one in containers(pod)):
        command, rest = root, list(container["args"])
        while hasattr(command, "commands"):
            command = command.commands[rest.pop(0)]
        command.make_context("x", rest)
        env = variables(container)
        assert {name for name in env if name.startswith("STREAMS_")} - {"STREAMS_SECRETS_DIR"} <= NAMES - secret
        texts = {name.removeprefix("STREAMS_").lower(): text for name, text in env.items() if text}
        Settings.model_validate({name: text for name, text in texts.items() if name in Settings.model_fields})


@with_helm
def test_a_pod_is_given_the_secrets_that_it_reads() -> None:
    """The gateway never sees Junction's API key, the worker no signing secret."""
    of = {name: mounted(pod, "secrets") for name, pod in pods("everything").items()}
    logins = {name.lower() for name in settings.readers()["every"]}
    assert of["gateway"] == logins | {"streams_endpoints", "streams_query_token"}
    assert of["worker"] == logins | {"streams_query_token"}
    junction = {f"streams_junction_{name}" for name in ("api_key", "management_key")}
    assert of["console"] == logins | {"streams_endpoints", "streams_query_token"} | junction
    assert of["sink-warehouse"] == logins | {"streams_postgres_url"}
    assert of["init"] == logins


@with_helm
def test_workers_have_names_and_addresses_of_their_own() -> None:
    """Id, tables and address follow the ordinal; a stop lasts longer than the engine's."""
    worker = pods("everything")["worker"]
    env = {one["name"]: one for one in worker["containers"][0]["env"]}
    assert env["STREAMS_WORKER_ID"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    url = env["STREAMS_QUERY_URL"]["value"]
    assert url == "http://$(STREAMS_WORKER_ID).x-junction-streams-worker.health.svc:8070"
    assert list(env).index("STREAMS_WORKER_ID") < list(env).index("STREAMS_QUERY_URL")  # only then it is filled in
    Settings(
        _env_file=None, query_url=url.replace("$(STREAMS_WORKER_ID)", "x-worker-0")
    )  # refused were it a stranger's


@with_helm
def test_a_stop_may_take_as_long_as_it_needs() -> None:
    """A gateway ends what is under way and what its producer holds; a worker has its own bound, and time beside it."""
    of = pods("everything")
    sleeps_s = of["gateway"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert of["gateway"]["terminationGracePeriodSeconds"] >= sleeps_s + seconds_of_a_stop()
    assert min(of[name]["terminationGracePeriodSeconds"] for name in ("worker", "fetcher")) >= 2 * STOP_S


@with_helm
@every_example
def test_probes_ask_where_the_process_listens(path: Any) -> None:
    """Ports of a container are those of its settings; a probe names one of them."""
    for pod in pods(path.stem).values():
        for container in pod["containers"]:
            ports = {one["name"]: str(one["containerPort"]) for one in container.get("ports", [])}
            told = {text for name, text in variables(container).items() if name.endswith("_PORT")}
            assert set(ports.values()) == told
            probes = [one["httpGet"] for name, one in container.items() if name.endswith("Probe")]
            assert {one["port"] for one in probes} <= ports.keys()
            assert len(probes) == 3 * bool(ports)


@with_helm
def test_workers_reach_kafka_the_registry_and_each_other() -> None:
    """And the resolver of names; nothing else leaves a worker, and only fetchers, workers and Prometheus ask it."""
    (policy,) = [
        one["spec"]
        for one in rendered("production")
        if one["kind"] == "NetworkPolicy" and one["metadata"]["name"].endswith("-worker")
    ]
    out = [sorted(port["port"] for port in rule["ports"]) for rule in policy["egress"]]
    assert out == [[53, 53], [9093], [443], [8070]]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert all(rule["from"] for rule in policy["ingress"])


def policy_of(example: str, component: str) -> dict[str, Any]:
    return next(
        dict(one["spec"])
        for one in rendered(example)
        if one["kind"] == "NetworkPolicy" and one["metadata"]["name"].endswith(f"-{component}")
    )


def peers(rules: list[dict[str, Any]], way: str, port: int) -> set[str]:
    """Components that a policy names for a port. `way`: from, to."""
    found = (one for rule in rules if {"port": port, "protocol": "TCP"} in rule["ports"] for one in rule[way])
    labels = (one.get("podSelector", {}).get("matchLabels", {}) for one in found)
    return {one["app.kubernetes.io/component"] for one in labels if "app.kubernetes.io/component" in one}


@with_helm
def test_a_console_is_found_and_finds_gateways() -> None:
    """Workers ask it by its name, it asks gateways what they refused, and both ends of each way are open; its index
    has room on its volume. Without a console nothing of it is left."""
    of = pods("everything")
    console = variables(of["console"]["containers"][0])
    assert (
        variables(of["worker"]["containers"][0])["STREAMS_CONSOLE_URL"]
        == "http://x-junction-streams-console.health.svc:8060"
    )
    assert console["STREAMS_CONSOLE_GATEWAYS"] == "http://x-junction-streams-gateway-metrics.health.svc:9080"
    (claim,) = next(
        one["spec"]["volumeClaimTemplates"]
        for one in rendered("everything")
        if one["kind"] == "StatefulSet" and one["metadata"]["name"].endswith("-console")
    )
    assert claim["spec"]["resources"]["requests"]["storage"] == "25Gi"
    assert float(console["STREAMS_LINEAGE_GIB_MAX"]) < 25
    assert peers(policy_of("everything", "gateway")["ingress"], "from", 9080) == {"console"}
    assert peers(policy_of("everything", "console")["egress"], "to", 9080) == {"gateway"}
    assert peers(policy_of("everything", "console")["ingress"], "from", 8060) == {"worker"}
    assert peers(policy_of("everything", "worker")["egress"], "to", 8060) == {"console"}
    assert "console" not in json.dumps([*pods("production"), policy_of("production", "gateway")])
    assert variables(pods("production")["worker"]["containers"][0])["STREAMS_CONSOLE_URL"] == ""


@with_helm
def test_large_numbers_and_lists_stay_what_they_are() -> None:
    """No 2.097152e+07, which is no whole number to us."""
    env = variables(pods("production")["gateway"]["containers"][0])
    assert env["STREAMS_RECORD_BYTES_MAX"] == "20971520"
    assert variables(pods("everything")["gateway"]["containers"][0])["STREAMS_SOURCE_PRIORITY"] == "lab,ring,watch"


@with_helm
def test_rules_are_those_of_prometheus() -> None:
    """The PrometheusRule has every group as it is."""
    (rules,) = [one["spec"] for one in rendered("production") if one["kind"] == "PrometheusRule"]
    assert rules == yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
