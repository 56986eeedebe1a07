"""The package: what a wheel carries and says of itself, and that it works where there is no checkout."""

import ast
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email import message_from_string
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from streams.ops.settings import Settings
from tests.house import package
from tests.house.test_house import FILES, OURS, PRODUCT, PROJECT, ROOT, canonical


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist."""
    return package.build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> package.Installed:
    """The wheel, installed, and an empty folder to run it in."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "empty").mkdir()
    return package.Installed(package.beside(built[0], folder / "venv"), folder / "empty")


def in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


CARRIED = r"avro/.+\.avsc|avro/released/.+|deploy/alerts/.+|deploy/grafana/dashboards/.+|deploy/prometheus/.+"


def test_wheel_has_all_that_the_program_reads(built: tuple[Path, Path]) -> None:
    """Every file of the packages, and the schemas, rules and dashboards that the repository keeps outside of them."""
    names = {str(path.relative_to(ROOT)) for path in FILES}
    ours = {str(path.relative_to(ROOT)) for path in OURS}
    outside = {f"streams/shipped/{name}" for name in names if re.fullmatch(CARRIED, name)}
    assert ours | outside <= in_wheel(built[0])
    assert len(outside) > 40


def test_wheel_has_nothing_else(built: tuple[Path, Path]) -> None:
    """No tests, no benchmarks, nothing that was built before."""
    tops = {name.split("/")[0] for name in in_wheel(built[0])}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PRODUCT)
    names = {str(path.relative_to(ROOT)) for path in OURS}
    shipped = {n for n in in_wheel(built[0]) if n.startswith(PRODUCT) and not n.startswith("streams/shipped/")}
    assert shipped == names


def test_sdist_has_what_a_wheel_is_made_from(built: tuple[Path, Path]) -> None:
    """The wheel was made from the sdist, which also has the pins and the history of changes."""
    with tarfile.open(built[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"setup.py", "pyproject.toml", "constraints.txt", "CHANGELOG.md", "LICENSE", "README.md"} <= names


def test_wheel_says_what_it_is(built: tuple[Path, Path]) -> None:
    """Version, licence, Python and types, from pyproject.toml."""
    with zipfile.ZipFile(built[0]) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        said = message_from_string(archive.read(name).decode())
    assert said["Version"] == PROJECT["project"]["version"]
    assert said["License-Expression"] == "Apache-2.0"
    assert "Typing :: Typed" in said.get_all("Classifier", [])
    assert {f"{name}/py.typed" for name in PRODUCT} <= in_wheel(built[0])


def imported() -> Iterator[str]:
    """Top names of all that the product imports, here or later."""
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text()) if path.suffix == ".py" else ast.Module([], [])):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.split(".")[0]


def test_what_is_imported_is_declared() -> None:
    """A library that only another one brings is gone when that one changes its mind."""
    foreign = set(imported()) - set(sys.stdlib_module_names) - set(PRODUCT)
    owners = packages_distributions()
    needed = {name: {canonical(owner) for owner in owners[name]} for name in foreign}  # a namespace has several
    extras = PROJECT["project"]["optional-dependencies"]
    needs = [*PROJECT["project"]["dependencies"]]
    for extra in ("otel", "postgres", "msk", "rabbitmq", "pubsub"):
        needs += extras[extra]
    declared = {canonical(re.split(r"[\[<>=! ]", need)[0]) for need in needs}
    assert [name for name, owned_by in needed.items() if not owned_by & declared] == []


def test_it_is_the_installed_one_that_runs(installed: package.Installed) -> None:
    """`--version` is that of pyproject.toml, and no file of the checkout is used."""
    ended = installed.run("--version")
    assert (ended.returncode, ended.stdout.strip()) == (0, PROJECT["project"]["version"]), ended.stderr
    code = "import connectors, streams; from streams.ops import shipped; print(connectors.__file__, shipped.ROOT)"
    shown = package._run(installed.programs / "python", "-P", "-c", code)
    assert str(ROOT) not in shown
    assert shown.count(str(installed.programs.parent)) == 2


def test_help_lists_the_commands(installed: package.Installed) -> None:
    """Without a checkout, as with one."""
    ended = installed.run("--help")
    assert ended.returncode == 0, ended.stderr
    assert "dead-letters" in ended.stdout


def test_explain_knows_the_schemas(installed: package.Installed, tmp_path: Path) -> None:
    """A body is explained with the schema that came with the package."""
    (tmp_path / "body.json").write_bytes(package.body())
    ended = installed.run("explain", "--json", str(tmp_path / "body.json"))
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["event_type"] == "daily.data.sleep.created"


def test_topics_plan_without_kafka_is_a_sentence(installed: package.Installed) -> None:
    """Exit 2, and what to do."""
    ended = installed.run("topics", "plan")
    assert ended.returncode == 2
    assert "STREAMS_BOOTSTRAP_SERVERS" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_topics_plan_with_kafka(installed: package.Installed, settings: Settings) -> None:
    """The installed program speaks to a real Kafka and a real registry."""
    where = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
    }
    ended = installed.run("topics", "plan", settings=where)
    assert ended.returncode in (0, 1), ended.stderr
    assert settings.topic_prefix in ended.stdout


def test_the_demo_runs_whole(installed: package.Installed, tmp_path: Path) -> None:
    """Gateway and worker, everything arrives, nothing is wrong. No Java, no Maven: a sentence
    with the packages to install, then the mock cluster, and the same result. (`make package` has it on Kafka.)"""
    (tmp_path / "sh").symlink_to("/bin/sh")
    ended = installed.run(*package.DEMO, settings={"PATH": str(tmp_path), "JAVA_HOME": ""})
    assert ended.stdout, ended.stderr
    assert "apt install default-jre-headless maven" in " ".join(ended.stderr.split())
    assert "in memory, nothing survives" in " ".join(ended.stderr.split())
    found = json.loads(ended.stdout)
    assert found["accepted"] > 0
    assert (found["lost"], found["repeated"], found["wrong"], found["unexpected"]) == (0, 0, 0, 0)
    assert found["alerts"]["expected"] > 0
    assert (ended.returncode, found["alerts"]["lost"], found["alerts"]["unexpected"]) == (0, 0, 0)


def test_the_schemas_are_where_the_repository_has_them() -> None:
    """In a checkout the files at its root are read, so that an edit counts at once."""
    from streams.ops import shipped

    assert ROOT == shipped.ROOT
    assert (shipped.folder("avro") / "Sleep.avsc").is_file()


def test_the_image_has_the_wheel() -> None:
    """The image installs a wheel, not a checkout; what goes into the wheel goes into the build of the image."""
    text = (ROOT / "deploy/Dockerfile").read_text()
    assert "pip wheel" in text
    assert not re.search(r"install .*(-e|--editable) ", text)
    copied = [source for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.M) for source in line.split()]
    allowed = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M)
    patterns = re.findall(r'^    "(.+/.+)",$', (ROOT / "setup.py").read_text(), re.M)
    assert len(patterns) > 4
    for name in [*copied, *patterns]:
        assert any(f"{name}/".startswith(f"{one}/") or one.startswith(f"{name}/") for one in allowed), name
    assert all(any(name.startswith(f"{one}/") for one in [*copied]) for name in patterns)
