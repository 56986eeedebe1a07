"""What is checked of the chart, each by a real program. A check raises Failed with the program's own words."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import stamina
import yaml

from deploy.helm.chart import CHART, HERE
from tests.kubernetes import programs
from tests.kubernetes.cluster import Api

EXAMPLES = sorted((HERE / "examples").glob("*.yaml"))
# The oldest that the chart says it is for, and that of the API server.
VERSIONS = ("1.30", ".".join(programs.version("k8s.io/kubernetes").split(".")[:2]))
NAMESPACE, LIFE = "health", "life"
# Of Kubernetes' Pod Security Standards: a workload below it is answered with a warning, a pod is refused.
LEVEL = {"pod-security.kubernetes.io/warn": "restricted", "pod-security.kubernetes.io/enforce": "restricted"}
RELEASE = "streams"
GONE_S = 60.0


class Failed(Exception):
    """A program refused what it should take, or took what it should refuse."""


def run(*command: str | Path, given: str | None = None) -> str:
    """What a command prints. Raises Failed where it fails."""
    done = subprocess.run([*map(str, command)], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def lint(example: Path) -> str:
    for version in VERSIONS:
        run(programs.build("helm"), "lint", "--strict", CHART, "--values", example, "--kube-version", version)
    return f"helm {programs.version('helm.sh/helm/v3')}, for Kubernetes {' and '.join(VERSIONS)}"


def rendered(example: Path) -> str:
    """What helm makes of it, hooks among it."""
    return run(programs.build("helm"), "template", RELEASE, CHART, "--namespace", NAMESPACE, "--values", example)


def schemas(example: Path, folder: Path) -> str:
    """By the schemas that Kubernetes publishes, the oldest version's among them; unknown fields are refused."""
    file = folder / f"{example.stem}.yaml"
    file.write_text(rendered(example), encoding="utf-8")
    validate = Path(sys.prefix, "kubernetes/bin/kubernetes-validate")
    counted = []
    for version in VERSIONS:
        passed = run(validate, "--strict", "--kubernetes-version", version, file).count(" passed ")
        counted.append(f"{passed} resources of {version}")
    return f"kubernetes-validate, {', '.join(counted)}"


def prepare(api: Api) -> None:
    """The kinds of the Prometheus Operator, and namespaces at the level `restricted`."""
    for path in programs.kinds():
        applied(api, path.read_text(encoding="utf-8"), "--server-side")
    for name in (NAMESPACE, LIFE):
        applied(api, yaml.safe_dump(_named("Namespace", name, labels=LEVEL)))
    # What the examples take from elsewhere.
    applied(api, yaml.safe_dump(_named("ServiceAccount", "streams")))
    priority = {**_named("PriorityClass", "important"), "apiVersion": "scheduling.k8s.io/v1", "value": 1000}
    applied(api, yaml.safe_dump(priority))
    crds = ("servicemonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com")
    run(*api.command("wait", "--for=condition=Established", "--timeout=30s", *(f"crd/{name}" for name in crds)))


def dry_run(api: Api, example: Path) -> str:
    """As the API server would take it: every default, admission and validation, and nothing is kept."""
    text = rendered(example)
    accounts = [one for one in yaml.safe_load_all(text) if one and one["kind"] == "ServiceAccount"]
    if accounts:
        applied(api, yaml.safe_dump_all(accounts))  # a pod of its own is refused without
    said = applied(api, text, "--dry-run=server", "--validate=strict")
    return f"kube-apiserver {programs.version('k8s.io/kubernetes')}, {said.count('(server dry run)')} resources"


def refusals(api: Api) -> str:
    """The same way refuses what is wrong: else it would show nothing."""
    whole = [one for one in yaml.safe_load_all(rendered(EXAMPLES[0])) if one]
    worker = next(one for one in whole if one["kind"] == "StatefulSet" and one["metadata"]["name"].endswith("-worker"))
    pod = worker["spec"]["template"]["spec"]
    for wrong in (
        {**worker, "spec": {**worker["spec"], "replica": 3}},
        {**worker, "spec": {**worker["spec"], "template": _pod(worker, {**pod, "hostNetwork": True})}},
        {**worker, "spec": {**worker["spec"], "selector": {"matchLabels": {"app": "another"}}}},
    ):
        try:
            applied(api, yaml.safe_dump(wrong), "--dry-run=server", "--validate=strict")
        except Failed:
            continue
        raise Failed(f"the API server took what is wrong: {wrong['spec']}")
    return "an unknown field, a pod on its host's network, a selector of others: refused"


def life(api: Api) -> str:
    """Installed, upgraded to everything, scaled, and rolled back: what cannot be changed in place would be refused."""
    helm: list[str | Path] = [programs.build("helm"), "--kubeconfig", api.config, "--namespace", LIFE]
    steps: list[list[str | Path]] = [
        ["install", RELEASE, CHART, "--values", HERE / "examples/minimal.yaml"],
        ["upgrade", RELEASE, CHART, "--values", HERE / "examples/everything.yaml"],
        ["upgrade", RELEASE, CHART, "--reuse-values", "--set", "worker.replicas=6,worker.updateFrom=5,image.tag=0.2.0"],
        ["rollback", RELEASE, "1"],
        ["uninstall", RELEASE],
    ]
    for step in steps:
        run(*helm, *step, "--no-hooks")  # because a Job that nobody runs never ends
    _gone(api)
    return f"helm {', '.join(str(step[0]) for step in steps)}: nothing is left"


def _gone(api: Api) -> None:
    """Waits for the collector of what belonged to the release."""
    kinds = "all,networkpolicy,serviceaccount,pdb,configmap"
    for attempt in stamina.retry_context(on=Failed, timeout=GONE_S, attempts=None, wait_max=1.0):
        with attempt:
            left = run(*api.command("get", kinds, "--namespace", LIFE, "--output=name"))
            if mine := [line for line in left.split() if RELEASE in line]:
                raise Failed(f"left behind: {mine}")


def _named(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, **more}}


def _pod(worker: dict[str, Any], pod: dict[str, Any]) -> dict[str, Any]:
    return {**worker["spec"]["template"], "spec": pod}


def applied(api: Api, text: str, *how: str) -> str:
    """Raises Failed for a warning, too: that is how a level of security and old kinds are told."""
    command = api.command("apply", "--namespace", NAMESPACE, *how, "--filename=-")
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode or "Warning" in done.stderr:
        raise Failed(f"{done.stdout}{done.stderr}")
    return done.stdout
