"""The image: what its Dockerfile promises. No engine runs here."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.deploy.test_compose import SERVICES, VERSION

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
TEXT = DOCKERFILE.read_text()
LAST = TEXT[TEXT.rindex("\nFROM ") :]


def test_hadolint_finds_nothing() -> None:
    """hadolint is content, also with the style of the shell lines."""
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [program, "--failure-threshold", "style", DOCKERFILE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_nothing_but_the_bases_is_asked_of_a_registry() -> None:
    """No frontend by `# syntax=`; every stage begins with one of the two bases, with another stage, or with nothing."""
    assert "syntax=" not in TEXT
    stages = re.findall(r"^FROM \S+ AS (\w+)$", TEXT, re.M)
    assert set(re.findall(r"^FROM (\S+)", TEXT, re.M)) <= {"${BUILDER}", "${PYTHON}", "scratch", *stages}


def test_both_bases_are_one_python() -> None:
    """What was installed in one is run in the other, so both are pinned to one Python and one Debian."""
    bases = dict(re.findall(r"^ARG (BUILDER|PYTHON)=python:(\S+)$", TEXT, re.M))
    assert re.fullmatch(r"3\.11\.\d+-slim-[a-z]+", bases["PYTHON"])
    assert bases["BUILDER"] == bases["PYTHON"].replace("-slim", "")


def test_the_last_stage_has_what_it_runs_and_no_more() -> None:
    """It installs nothing and takes no file of the checkout: all comes from stages before, whose tools stay there."""
    assert not re.findall(r"^(RUN|ADD)\b", LAST, re.M)
    assert all(line.startswith("COPY --from=") for line in re.findall(r"^COPY.*$", LAST, re.M))


def test_it_drops_root() -> None:
    """The last USER is a number that is not root, as compose says, too."""
    assert re.findall(r"^USER (.+)$", TEXT, re.M)[-1] == SERVICES["gateway"]["user"] == "10001:10001"


def test_packages_are_pinned() -> None:
    """pip installs what constraints.txt names, and the extras that it is told exist."""
    installs = re.findall(r"pip .*?\binstall ([^&\n]+)", TEXT)
    assert all("-c constraints.txt" in one or "--no-index" in one for one in installs)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(re.findall(r"^ARG EXTRAS=(.*)$", TEXT, re.M)[0].split(",")) <= set(extras)


def test_it_says_what_it_is() -> None:
    """Labels by the names of the Open Containers Initiative; the version is the package's."""
    labels = dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', LAST))
    assert labels["version"] == VERSION
    assert labels["licenses"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"]
    assert {"title", "description", "revision", "base.name"} <= set(labels)


def test_its_health_check_is_the_programs_own() -> None:
    """The command of HEALTHCHECK, which compose uses as well, is a script of the package."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert 'CMD ["junction-streams-health"]' in LAST
    assert SERVICES["gateway"]["healthcheck"]["test"] == ["CMD", "junction-streams-health"]
    assert "junction-streams-health" in scripts
