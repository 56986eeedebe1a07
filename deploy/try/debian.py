"""File systems made of Debian's packages, from the mirror that this machine's apt uses."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from streams.demo.cluster.jars import to_stderr
from streams.ops import private
from streams.ops.errors import Misconfigured

# For a mirror or a package index behind a proxy whose certificates have an authority of their own.
CERTIFICATES = Path("/usr/local/share/ca-certificates")
PIP = Path("/etc/pip.conf")
_TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "apt-get": "apt",
}


class Recipe(NamedTuple):
    """What a file system is made of: Debian's release, packages, and shell commands that are run in it as root."""

    suite: str
    packages: Sequence[str]
    commands: Sequence[str] = ()


def check() -> None:
    """Raises Misconfigured, saying what to install, where no file system can be made."""
    if os.geteuid() != 0:
        raise Misconfigured("a Docker Engine can be made here by root alone (namespaces, mounts)")
    lacking = {package for tool, package in _TOOLS.items() if not shutil.which(tool)}
    if "apt" in lacking:
        raise Misconfigured("a Docker Engine can be made on a Debian alone: there is no apt-get")
    if lacking:
        raise Misconfigured(f"to make a Docker Engine here: apt-get install {' '.join(sorted(lacking))}")


def make(recipe: Recipe, target: str) -> "subprocess.Popen[bytes]":
    """mmdebstrap, at work: into the folder `target`, or as a tar on its standard output where it is `-`."""
    to_stderr(f"making a Debian {recipe.suite} with {', '.join(recipe.packages)}")
    hooks = [f'--customize-hook=chroot "$1" sh -euc {_quoted(one)}' for one in (*_TRUST, *recipe.commands)]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(recipe.packages)}"]
    command += [*_copied(), *hooks, recipe.suite, target, mirror()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=private.environment())


def mirror() -> str:
    """The address of Debian's main archive in this machine's own sources. Raises Misconfigured without one."""
    asked = ["apt-get", "indextargets", "--format", "$(LABEL) $(COMPONENT) $(REPO_URI)", "Created-By: Packages"]
    rows = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [row.split(" ", 2)[2] for row in rows if row.startswith("Debian main ")]
    if not found:
        raise Misconfigured("apt's sources name no mirror of Debian's main archive, or `apt-get update` never ran")
    return found[0]


_TRUST = ("update-ca-certificates >/dev/null 2>&1",)


def _copied() -> list[str]:
    """Hooks that carry this machine's own certificates and pip's settings along."""
    hooks = [f"--customize-hook=copy-in {one} {CERTIFICATES}" for one in sorted(CERTIFICATES.glob("*.crt"))]
    return [*hooks, f"--customize-hook=copy-in {PIP} /etc"] if PIP.exists() else hooks


def _quoted(command: str) -> str:
    return "'" + command.replace("'", "'\\''") + "'"
