"""House rules: what a reviewer would otherwise have to look for in every file."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked() -> list[Path]:
    """Every file under version control; where there is no git (an unpacked archive), every file there is."""
    try:
        command = [shutil.which("git") or "git", "ls-files", "-z"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        names = listed.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("[!.]*")]
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
PRODUCT = ("streams", "connectors")
OURS = [path for path in FILES if path.relative_to(ROOT).parts[0] in PRODUCT]
MARKDOWN = [path for path in FILES if path.suffix == ".md"]


def lines() -> Iterator[tuple[str, str]]:
    """("file:line", text) of every text file."""
    for path in FILES:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def found(pattern: str) -> list[str]:
    return [where for where, line in lines() if re.search(pattern, line)]


def test_no_path_of_one_machine() -> None:
    """Nothing points into somebody's home or working folder: it would work on that machine only."""
    assert found(r"(?<![\w.:}])/(?:home|root|work|Users)/[\w.]") == []


def test_no_address_of_a_package_registry() -> None:
    """Where packages come from is the machine's configuration: a mirror or a proxy must do."""
    python, node, go = r"pypi\.org|pythonhosted\.org", r"npmjs\.(?:org|com)", r"proxy\.golang\.org"
    assert found(rf"{python}|{node}|{go}|maven\.org|maven\.apache\.org") == []


def test_no_large_file() -> None:
    """Nothing above 400 kB: data belongs elsewhere."""
    assert [str(path) for path in FILES if path.stat().st_size > 400_000] == []


def test_no_long_python_file() -> None:
    """One idea a file; above 450 lines there are two."""
    assert [str(path) for path in PYTHON if len(path.read_text().splitlines()) > 450] == []


EXCEPTION = (
    r"#\s*(?:type:\s*ignore|noqa|pragma: no cover)|pytest\.skip\(|mark\.(?:skip|skipif|xfail)\("
    r"|ignore(?:_cleanup)?_errors=True|(?<!import )HealthCheck\b|ignore_missing_imports|follow_imports"  # EXCEPTION
)


def test_every_exception_has_its_reason() -> None:
    """An ignored type, lint, error or health check and a skipped test say why on the same line."""
    bare = [
        where for where, line in lines() if where.split(":")[0].endswith((".py", "pyproject.toml")) and excuses(line)
    ]
    assert bare == []


def excuses(line: str) -> bool:
    return bool(re.search(EXCEPTION, line)) and "because" not in line and "EXCEPTION" not in line


@pytest.mark.parametrize("path", [p for p in OURS if p.suffix == ".py"], ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_what_it_is(path: Path) -> None:
    """Every module of the product begins with a docstring; an __init__ that is empty needs none."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or not tree.body


def test_a_test_says_its_rule() -> None:
    """The docstring of a test is the rule in a sentence."""
    silent = [
        f"{path.relative_to(ROOT)}::{node.name}"
        for path in PYTHON
        if path.name.startswith("test_")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_arrows_point_down() -> None:
    """The layers of pyproject.toml hold."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_is_shipped() -> None:
    """A folder without __init__ would be missing from the wheel; so would a file that package-data does not name."""
    assert [path.parent.name for path in OURS if not (path.parent / "__init__.py").is_file()] == []
    named = {
        str(Path(*package.split("."), name))
        for package, names in PROJECT["tool"]["setuptools"]["package-data"].items()
        for name in names
    }
    assert {str(path.relative_to(ROOT)) for path in OURS if path.suffix != ".py"} == named


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """A relative link in a page points at a file or folder that is there."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    targets = [t.split("#")[0] for t in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"\w+:|#", t)]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_logins_have_one_place() -> None:
    """What a client of Kafka or of the registry logs in with is read in `streams/kafka/login` alone.

    A demo hands its own on to the processes that it starts.
    """
    secrets = r"sasl_password|(?:ssl|oauth|registry)_key_password|oauth_client_secret|registry_(?:password|token)"
    read = {where.rpartition("/")[0] for where in found(rf"settings\.(?:{secrets})\b") if where.startswith(PRODUCT)}
    assert read - {"streams/demo"} == {"streams/kafka/login"}


def test_constraints_are_exact() -> None:
    """constraints.txt holds `name==version` and nothing else: no ranges, no addresses, every direct dependency."""
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.!+-]+", pin)] == []
    names = {canonical(pin.split("==")[0]) for pin in pins}
    direct = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    assert {canonical(re.match(r"[\w.-]+", need)[0]) for need in direct} <= names  # type: ignore[index]  # because every requirement begins with a name


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_two_commands_and_one_gate() -> None:
    """README shows both commands; CI runs the one that people run; each target of the Makefile has a sentence."""
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^make {target}\b", readme, re.M) for target in ("demo", "test"))
    gate = ROOT / ".ci/run"
    assert re.search(r"^make test$", gate.read_text(), re.M)
    assert os.access(gate, os.X_OK)
    targets = set(re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split())  # type: ignore[index]  # because .PHONY is there
    assert targets == set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.M))
