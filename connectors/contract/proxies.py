"""Which proxy of the environment stands between us and others: none for http, which it would read along."""

import httpx


def mounts(limits: httpx.Limits | None = None) -> dict[str, httpx.AsyncBaseTransport]:
    """For a client of httpx. https through a proxy is a tunnel (CONNECT): it learns the host's name. http goes to it
    whole, with keys and people's data, even where it is meant for this machine; so http goes its own way."""
    return {"http://": httpx.AsyncHTTPTransport(trust_env=False, limits=limits or httpx.Limits())}
