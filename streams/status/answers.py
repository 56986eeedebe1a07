"""What the query API answers where it has no view."""

from collections.abc import Mapping

from aiohttp import web


def error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error as JSON: `{"error": sentence}`."""
    return web.json_response({"error": sentence}, status=status, headers=headers)
