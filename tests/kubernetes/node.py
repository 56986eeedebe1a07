"""A node that runs pods as processes of this machine: a kubelet's part, as far as the chart's pods need it.

It starts what the API has, tells by a pod's own probes whether it is ready, and stops what is deleted: the sleep before
a stop, SIGTERM, SIGKILL after the grace period.
"""

import base64
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from streams.demo.cluster.supervise import Child
from tests.kubernetes.cluster import Api
from tests.kubernetes.pods import Pod

NAME = "here"
PROGRAM = Path(sys.executable).with_name("junction-streams")
LOOK_EVERY_S = 0.2
Found = dict[str, Any]  # a resource as the API tells it


class Running:
    """One pod that is not over. `is_ready` and `is_leaving` are what a Service would know."""

    def __init__(self, found: Found, pod: Pod) -> None:
        self.found = found
        self.pod = pod
        self.component: str = found["metadata"]["labels"]["app.kubernetes.io/component"]
        self.is_ready = self.is_leaving = self.was_killed = False
        self.child: Child | None = None
        self.exit_code: int | None = None

    @property
    def spec(self) -> Found:
        spec: Found = self.found["spec"]
        return spec

    def start(self) -> None:
        """Its containers. Those that end (of a Job, of a test) are waited for."""
        (last,) = self.spec["containers"]
        for container in self.spec.get("initContainers", []):
            if self.exit_code is None and (code := self._run(container)):
                self.exit_code = code
        if "readinessProbe" in last:
            self.child = Child([PROGRAM, *last["args"]], self.pod.folder / "log", env=self.pod.environment(last))
        elif self.exit_code is None:
            self.exit_code = self._run(last)

    def look(self) -> bool:
        """Whether what a Service knows of it has changed."""
        before = (self.is_ready, self.exit_code)
        if self.child and not self.child.running():
            self.is_ready, self.exit_code = False, 1
        elif self.child:
            (container,) = self.spec["containers"]
            self.is_ready = not self.is_leaving and _answers(self.pod.url_of(container["readinessProbe"], container))
        return before != (self.is_ready, self.exit_code)

    def stop(self) -> None:
        """As a kubelet stops a pod."""
        self.is_ready = False
        if self.child:
            (container,) = self.spec["containers"]
            sleep_s = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            time.sleep(sleep_s)
            self.was_killed = not self.child.stop(timeout_s=self.spec["terminationGracePeriodSeconds"] - sleep_s)

    def status(self) -> Found:
        """What a kubelet would tell of it."""
        if self.exit_code is not None:
            return {"phase": "Failed" if self.exit_code else "Succeeded"}
        kinds = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        states = (True, True, self.is_ready, self.is_ready)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        conditions = [
            {"type": kind, "status": str(state), "lastTransitionTime": now}
            for kind, state in zip(kinds, states, strict=True)
        ]
        return {"phase": "Running", "podIP": "127.0.0.1", "startTime": now, "conditions": conditions}

    def _run(self, container: Found) -> int:
        env = {"PATH": str(PROGRAM.parent), **self.pod.environment(container)}
        with (self.pod.folder / "log").open("ab") as log:
            return subprocess.run(
                [PROGRAM, *container["args"]], env=env, stdout=log, stderr=log, check=False, stdin=subprocess.DEVNULL
            ).returncode


class Node:
    """All pods of a namespace. `log`: "NAME ready", "NAME stopped", in order. `killed`: not ended in time."""

    def __init__(self, api: Api, namespace: str, folder: Path) -> None:
        self.folder = folder
        self._pods = f"/api/v1/namespaces/{namespace}/pods"
        self._held = f"/api/v1/namespaces/{namespace}"
        headers = {"authorization": f"Bearer {api.token}"}
        self._http = httpx.Client(base_url=api.url, headers=headers, verify=False, timeout=30)  # noqa: S501  # because the server made its certificate itself, on this loopback
        self.running: dict[str, Running] = {}
        self._over: set[str] = set()
        self.killed: list[str] = []
        self.log: list[str] = []

    def ready(self, component: str) -> list[Running]:
        """Pods that a Service would lead to."""
        return [one for one in list(self.running.values()) if one.component == component and one.is_ready]

    def evict(self, name: str) -> int:
        """What the API answers to somebody who drains the node: 201, or 429 where a budget forbids it."""
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
        return self._http.post(f"{self._pods}/{name}/eviction", json=eviction).status_code

    @contextlib.contextmanager
    def working(self) -> Iterator["Node"]:
        """Until the end of the block; then every process ends."""
        ended = threading.Event()
        thread = threading.Thread(target=self._work, args=(ended,), name="node")
        thread.start()
        try:
            yield self
        finally:
            ended.set()
            thread.join()
            for one in self.running.values():
                if one.child:
                    one.child.kill()

    def _work(self, ended: threading.Event) -> None:
        while not ended.wait(LOOK_EVERY_S):
            there = {one["metadata"]["uid"]: one for one in self._get(self._pods)["items"]}
            for uid, found in there.items():
                is_deleted = "deletionTimestamp" in found["metadata"]
                if uid in self.running and is_deleted and not self.running[uid].is_leaving:
                    self.running[uid].is_leaving = True
                    threading.Thread(target=self._end, args=(uid,)).start()
                elif uid not in self.running and uid not in self._over and not is_deleted:
                    self._begin(uid, found)
            for uid, one in list(self.running.items()):
                if uid in there and one.look():
                    self._tell(one)

    def _begin(self, uid: str, found: Found) -> None:
        name = found["metadata"]["name"]
        target = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name},
            "target": {"kind": "Node", "name": NAME},
        }
        self._http.post(f"{self._pods}/{name}/binding", json=target).raise_for_status()
        asked = next((one.pod.ports for one in self.ready("worker")), {})
        # Its volume is there again when it comes back; other pods have names that do not.
        pod = Pod(name, found["spec"], self._files(), self.folder / name, asked)
        self.running[uid] = Running(found, pod)
        threading.Thread(target=self._started, args=(self.running[uid],)).start()

    def _started(self, one: Running) -> None:
        one.start()
        self._tell(one)

    def _end(self, uid: str) -> None:
        one = self.running[uid]
        one.stop()
        if one.was_killed:
            self.killed.append(one.pod.name)
        self._over.add(uid)
        del self.running[uid]
        self.log.append(f"{one.pod.name} stopped")
        self._http.request("DELETE", f"{self._pods}/{one.pod.name}", json={"gracePeriodSeconds": 0})

    def _tell(self, one: Running) -> None:
        if one.is_ready:
            self.log.append(f"{one.pod.name} ready")
        headers = {"content-type": "application/merge-patch+json"}
        url = f"{self._pods}/{one.pod.name}/status"
        self._http.patch(url, json={"status": one.status()}, headers=headers)

    def _files(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for one in self._get(f"{self._held}/secrets")["items"]:
            texts = {key: base64.b64decode(text).decode() for key, text in one.get("data", {}).items()}
            found[one["metadata"]["name"]] = texts
        for one in self._get(f"{self._held}/configmaps")["items"]:
            found[one["metadata"]["name"]] = one.get("data", {})
        return found

    def _get(self, url: str) -> Found:
        answer = self._http.get(url)
        answer.raise_for_status()
        found: Found = answer.json()
        return found


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False
