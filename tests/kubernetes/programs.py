"""helm, kubectl, etcd and Kubernetes' own servers, built once into the user's cache from the modules of go.mod."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from streams.demo.cluster import jars
from streams.ops.errors import Misconfigured

MODULE = Path(__file__).with_name("programs")
PACKAGES = {
    "helm": "helm.sh/helm/v3/cmd/helm",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "etcd": "go.etcd.io/etcd/server/v3",
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
}
# Kinds of the Prometheus Operator, which its module carries as files; nothing of it is built.
_OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
_KINDS = ("servicemonitors", "prometheusrules")
_HELM = "helm.sh/helm/v3/pkg/chartutil"
_KUBERNETES = "k8s.io/component-base/version"


def helm() -> Path | None:
    """helm on the path, or ours where `make helm` has built it; else None."""
    found = shutil.which("helm")
    if found:
        return Path(found)
    ours = _folder("helm") / "helm"
    return ours if ours.is_file() else None


def build(name: str) -> Path:
    """The program of that name. The API server takes minutes, once. Raises Misconfigured where Go cannot build it."""
    folder = _folder(name)
    jars.once(folder, lambda building: _build(name, building))
    return folder / name


def kinds() -> list[Path]:
    """Definitions of ServiceMonitor and PrometheusRule. Raises Misconfigured where Go cannot fetch them."""
    command = ["go", "mod", "download", "-json", _OPERATOR]
    done = subprocess.run(command, cwd=MODULE, capture_output=True, text=True, check=False)
    folder = Path(json.loads(done.stdout or "{}").get("Dir", ""))
    found = [folder / "example/prometheus-operator-crd" / f"monitoring.coreos.com_{name}.yaml" for name in _KINDS]
    if done.returncode or not all(path.is_file() for path in found):
        raise Misconfigured(f"`go mod download` of {_OPERATOR} failed: {done.stderr.strip()[-300:]}")
    return found


def version(module: str) -> str:
    """Of a module in go.mod: `k8s.io/kubernetes` → `1.37.2`."""
    found = re.search(rf"^\t{re.escape(module)} v([\d.]+)", (MODULE / "go.mod").read_text(encoding="utf-8"), re.M)
    assert found, module
    return found[1]


def _folder(name: str) -> Path:
    return jars.cache_of(name.encode() + b"".join(path.read_bytes() for path in sorted(MODULE.iterdir())))


def _build(name: str, folder: Path) -> None:
    if not shutil.which("go"):
        raise Misconfigured("there is no `go` on the path: the programs are built from Go modules")
    jars.to_stderr(f"building {name} from Go modules, once per user")
    # As their own builds do: without it helm says it is for Kubernetes 1.20, and the server is of no version.
    major, minor, _ = version("k8s.io/kubernetes").split(".")
    stamps = [f"{_HELM}.k8sVersionMajor={major}", f"{_HELM}.k8sVersionMinor={minor}"]
    stamps += [f"{_KUBERNETES}.gitVersion=v{version('k8s.io/kubernetes')}"]
    flags = " ".join(["-s", "-w", *(f"-X {stamp}" for stamp in stamps)])
    command = [
        "go",
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags",
        flags,
        "-o",
        str(folder / name),
        PACKAGES[name],
    ]
    env = {**os.environ, "CGO_ENABLED": "0"}
    done = subprocess.run(command, cwd=MODULE, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise Misconfigured(f"`go build` of {name} failed: {done.stderr.strip()[-300:]}")
