"""A pod's container as a process of this machine: its command, variables and files as a kubelet would make them.

What differs is said here: paths begin in a folder of the pod's, ports are free ones, and names of Services lead to
loopback. Users, limits, probes by a kubelet and the network between pods are not tried.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streams.demo.cluster.ports import random_free

Files = Mapping[str, Mapping[str, str]]  # of Secrets and ConfigMaps: name → key → text


class Pod:
    """`name`: as its controller gives it. `files`: what its volumes are made of. `folder`: where they are laid.
    `asked`: ports of a pod whose Service it asks."""

    def __init__(
        self, name: str, spec: Mapping[str, Any], files: Files, folder: Path, asked: Mapping[int, int]
    ) -> None:
        self.name = name
        self.folder = folder
        numbers = {port["containerPort"] for one in spec["containers"] for port in one.get("ports", [])}
        self.ports: dict[int, int] = {**asked, **{number: random_free() for number in numbers}}
        for volume in spec["volumes"]:
            self._lay(volume, files)

    def environment(self, container: Mapping[str, Any]) -> dict[str, str]:
        """Its variables: those that name others are filled in, in the order of the list."""
        found: dict[str, str] = {}
        for one in container["env"]:
            text = self.name if "valueFrom" in one else one["value"]
            found[one["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], text)
        return {name: self._here(text, container) for name, text in found.items()}

    def url_of(self, probe: Mapping[str, Any], container: Mapping[str, Any]) -> str:
        """What an httpGet probe asks."""
        asked = probe["httpGet"]
        (number,) = [port["containerPort"] for port in container["ports"] if port["name"] == asked["port"]]
        return f"http://127.0.0.1:{self.ports[number]}{asked['path']}"

    def _here(self, text: str, container: Mapping[str, Any]) -> str:
        for mount in container["volumeMounts"]:
            if f"{text}/".startswith(f"{mount['mountPath']}/"):
                return str(self.folder / mount["name"]) + text.removeprefix(mount["mountPath"])
        if match := re.fullmatch(r"(http://)[\w.-]+\.svc:(\d+)", text):
            return f"{match[1]}127.0.0.1:{self.ports[int(match[2])]}"
        return str(self.ports[int(text)]) if text.isdigit() and int(text) in self.ports else text

    def _lay(self, volume: Mapping[str, Any], files: Files) -> None:
        folder = self.folder / volume["name"]
        folder.mkdir(parents=True, exist_ok=True)
        for source in volume.get("projected", {}).get("sources", []):
            ((kind, what),) = source.items()
            held = files.get(what["name"])
            if held is None and not what.get("optional"):
                raise KeyError(f"{kind} {what['name']} is not there")
            for item in what["items"]:
                if item["key"] in (held or {}):
                    (folder / item["path"]).write_text(held[item["key"]], encoding="utf-8")  # type: ignore[index]  # because it was found just now
                elif not what.get("optional"):
                    raise KeyError(f"{kind} {what['name']} has no {item['key']}")
