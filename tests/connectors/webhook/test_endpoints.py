"""Endpoints: which names and secrets are taken, and that a wrong one is refused with its reason and not its text."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook.endpoints import Endpoints
from connectors.webhook.replies import OUTCOMES
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

SECRETS = ["whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in range(4)]


def endpoints(given: dict[str, list[str]]) -> Endpoints:
    settings = Settings(_env_file=None, endpoints=given)
    return Endpoints(lambda: settings, OUTCOMES)


@pytest.mark.parametrize("name", ["junction", "a", "A.b_c~d-9", "x" * 64, "...", ".well-known"])
def test_a_name_that_a_url_reaches(name: str) -> None:
    """Unreserved characters of a URL, at most 64, are a name."""
    endpoint = endpoints({name: SECRETS[:1]}).get(name)
    assert endpoint is not None
    assert endpoint.name == name


@pytest.mark.parametrize("name", ["", "a/b", "a?b", "a#b", "a%20b", "a b", "é", ".", "..", "x" * 65, "a\n", "+"])
def test_a_name_that_no_url_reaches(name: str) -> None:
    """A name that would have to be escaped, is taken out of a path, or is too long is refused with the reason."""
    with pytest.raises(Misconfigured, match="no URL reaches this name"):
        endpoints({"junction": SECRETS[:1], name: SECRETS[1:2]})


def test_an_endpoint_without_a_secret() -> None:
    """An empty list lets nobody in, for ever: it is refused at the start."""
    with pytest.raises(Misconfigured, match="'labs': it has no secret"):
        endpoints({"junction": SECRETS[:1], "labs": []})


@given(st.text(max_size=31))
def test_a_wrong_secret_is_not_told(secret: str) -> None:
    """Whatever stands where a secret should, the error names endpoint and position, and not the text."""
    with pytest.raises(Misconfigured) as caught:
        endpoints({"junction": [SECRETS[0], secret]})
    assert str(caught.value).startswith("STREAMS_ENDPOINTS, endpoint 'junction': secret 1 is not a webhook secret")
    assert len(secret) < 6 or secret not in str(caught.value)
