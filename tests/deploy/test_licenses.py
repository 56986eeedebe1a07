"""Licences of what the image installs: none asks more of whoever runs or ships it than to be named."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

import pytest
from packaging.requirements import Requirement

from deploy.sbom import extras

# Names as packages give them, in SPDX's words, in those of a classifier, or in their own.
FINE = {
    *("apache", "apache-2.0", "apache license, version 2.0", "apache software license"),
    *("mit", "mit-0", "mit license", "isc license (iscl)"),
    *("bsd", "bsd license", "bsd-2-clause", "bsd-3-clause", "3-clause bsd license", "repoze public license"),
    *("psf-2.0", "python software foundation license"),
}
# Each with the reason why it may be in the image all the same.
ALLOWED = {
    "certifi": "MPL-2.0: a list of authorities, handed on unchanged, with its source",
    "psycopg": "LGPL-3.0: used as a library, unchanged, and replaceable: Python loads it by name",
    "psycopg-binary": "LGPL-3.0: as psycopg",
}


def installed() -> Iterator[tuple[str, Distribution]]:
    """Every package that the image's extras bring, by name."""
    todo, seen = [Requirement(f"junction-streams[{extras()}]")], set[tuple[str, frozenset[str]]]()
    while todo:
        wanted = todo.pop()
        name, with_extras = re.sub(r"[-_.]+", "-", wanted.name).lower(), frozenset(wanted.extras)
        if (name, with_extras) not in seen:
            seen.add((name, with_extras))
            yield name, (found := distribution(wanted.name))
            todo += [one for one in map(Requirement, found.requires or ()) if applies(one, with_extras or {""})]


def applies(requirement: Requirement, with_extras: frozenset[str] | set[str]) -> bool:
    """Whether it is installed here, with one of these extras."""
    return not requirement.marker or any(requirement.marker.evaluate({"extra": one}) for one in with_extras)


def licenses(found: Distribution) -> set[str]:
    """In small letters: its expression, or else its classifiers, or else the line that it wrote itself."""
    said = found.metadata
    if expression := said.get("License-Expression"):
        return {one.lower() for one in re.split(r" AND | OR |[()]", expression) if one}
    classifiers = [one.split(" :: ")[-1] for one in said.get_all("Classifier") or () if one.startswith("License ::")]
    return {one.lower() for one in classifiers or [str(said.get("License") or "").partition("\n")[0]]}


PACKAGES = dict(installed())


@pytest.mark.parametrize("name", sorted(PACKAGES.keys() - ALLOWED.keys()))
def test_license_asks_for_no_more_than_to_be_named(name: str) -> None:
    """A package whose licence is not known, or asks for more, needs a line with the reason."""
    assert licenses(PACKAGES[name]) <= FINE, licenses(PACKAGES[name])


def test_what_is_allowed_is_installed_and_needs_to_be() -> None:
    """A package that left, or changed its licence, leaves the list."""
    assert not [name for name in ALLOWED if name not in PACKAGES or licenses(PACKAGES[name]) <= FINE]


def test_all_that_the_image_has_was_looked_at() -> None:
    """The walk reaches what is needed by what is needed, and the extras."""
    assert {"certifi", "psycopg-binary", "opentelemetry-sdk", "frozenlist"} <= PACKAGES.keys()
    assert "pytest" not in PACKAGES
