"""Secrets that both sides take, and files that nobody else may read."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.control import signing_secret
from streams.events.signature import Keyring
from streams.ops.errors import Misconfigured


def test_one_that_is_made_is_taken() -> None:
    """By Junction's pattern, and by the gateway."""
    made = signing_secret.make()
    assert signing_secret.check(made, "it") == made
    assert Keyring.parse([made.get_secret_value()]).fingerprints == (signing_secret.fingerprint(made),)
    assert signing_secret.make() != made


@given(st.binary(min_size=0, max_size=90))
def test_only_what_both_sides_take(key: bytes) -> None:
    """24 to 64 bytes are, others are refused before Junction is called, and never shown."""
    text = f"whsec_{base64.b64encode(key).decode()}"
    if 24 <= len(key) <= 64:
        signing_secret.check(SecretStr(text), "it")
        return
    with pytest.raises(Misconfigured) as caught:
        signing_secret.check(SecretStr(text), "the first line of x")
    assert str(caught.value).startswith("the first line of x")
    assert len(key) < 6 or text not in str(caught.value)


@pytest.mark.parametrize("text", ["whsec_" + "A" * 31, "whsec_" + "A" * 101, "whpk_" + "A" * 44, "whsec_" + "é" * 40])
def test_what_junction_would_refuse(text: str) -> None:
    """Too short, too long, a public key, no base64."""
    with pytest.raises(Misconfigured) as caught:
        signing_secret.check(SecretStr(text), "it")
    assert text not in str(caught.value)


def test_a_new_file_is_for_its_user_alone(tmp_path: Path) -> None:
    """0600; the first secret is read back from it; a second one is not written over it."""
    path = tmp_path / "junction.secret"
    made = signing_secret.write_new(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert signing_secret.first(path) == made
    with pytest.raises(Misconfigured, match="webhooks rotate"):
        signing_secret.write_new(path)
    assert signing_secret.first(path) == made


def test_a_file_that_others_can_read(tmp_path: Path) -> None:
    """Refused with the command that closes it; a folder that nobody else can enter closes it, too."""
    path = tmp_path / "junction.secret"
    signing_secret.write_new(path)
    path.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() and folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o001)
    with pytest.raises(Misconfigured, match="chmod o-rwx"):
        signing_secret.first(path)
    tmp_path.chmod(0o700)
    assert signing_secret.first(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The command that makes one is named."""
    with pytest.raises(Misconfigured, match="junction-streams webhooks secret"):
        signing_secret.first(tmp_path / "no.secret")
