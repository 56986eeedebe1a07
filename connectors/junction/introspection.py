"""A page of introspection: Junction's report on its own work, user by user (domain file, 5.4). Pure.

The entries stay plain values, since their fields and words are open; `connectors.history.reconcile.reports` says
what they mean.
"""

from dataclasses import dataclass, field
from typing import Any

from connectors.junction.answer_json import Paged, read_json


@dataclass(frozen=True, slots=True)
class IntrospectionPage:
    """`data`: one entry a user."""

    data: list[Any] = field(default_factory=list)
    next_cursor: str | None = None


class _Answer(Paged, kw_only=True):
    data: list[Any]


def read(body: bytes) -> IntrospectionPage:
    """Raises TryLater, Refused."""
    answer = read_json(body, _Answer)
    return IntrospectionPage(answer.data, answer.cursor)
