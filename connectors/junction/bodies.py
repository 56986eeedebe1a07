"""A page as bodies of webhooks, which decode to the same keys and contents. Pure.

The payload's bytes are copied, not encoded again: numbers keep their digits, unknown fields stay.
"""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw

from connectors.junction.failures import FailureReason, Refused
from connectors.junction.pages import Page, SampleGroup
from streams.payloads import UNKNOWN, read_source


def bodies(
    page: Page, user_id: str, client_user_id: str = "", team_id: str = "", *, bytes_max: int = 16 * 1024 * 1024
) -> list[bytes]:
    """One body an object; one a provider and source of samples, or more where one would exceed `bytes_max`.

    Raises Refused(TOO_LARGE) where a single object or sample does.
    """
    found, left_out = bodies_within(page, user_id, client_user_id, team_id, bytes_max=bytes_max, alone_max=bytes_max)
    if left_out:
        raise Refused(FailureReason.TOO_LARGE, "a single object or sample")
    return found


def bodies_within(
    page: Page, user_id: str, client_user_id: str = "", team_id: str = "", *, bytes_max: int, alone_max: int
) -> tuple[list[bytes], int]:
    """As `bodies`, but a single object or sample may have up to `alone_max` bytes (at least `bytes_max`).

    Also returns how many are larger, and left out.
    """
    head = _head(page.resource, user_id, client_user_id, team_id)
    if page.objects:
        made = [head + bytes(one) + b"}" for one in page.objects]
    else:
        made = [one for group in _merged(page.groups) for one in _of_group(head, group, bytes_max)]
    found = [one for one in made if len(one) <= alone_max]
    return found, len(made) - len(found)


def _head(resource: str, user_id: str, client_user_id: str, team_id: str) -> bytes:
    """The envelope up to its payload. Empty ids are left out."""
    envelope = {"event_type": f"daily.data.{resource}.created", "user_id": user_id}
    envelope |= {"client_user_id": client_user_id} if client_user_id else {}
    envelope |= {"team_id": team_id} if team_id else {}
    return msgspec.json.encode(envelope)[:-1] + b',"data":'


def _merged(groups: Sequence[SampleGroup]) -> list[SampleGroup]:
    """One group a provider and source: a page may repeat one (domain file, 6.3)."""
    merged: dict[tuple[str, bytes], SampleGroup] = {}
    for provider, origin, samples in groups:
        merged.setdefault((provider, origin), SampleGroup(provider, origin, [])).samples.extend(samples)
    return list(merged.values())


def _of_group(head: bytes, group: SampleGroup, bytes_max: int) -> Iterator[bytes]:
    before, after = head + _source(group) + b'"data":[', b"]}}"
    for samples in _split(group.samples, bytes_max - len(before) - len(after)):
        yield before + b",".join(samples) + after


def _source(group: SampleGroup) -> bytes:
    """The start of `$.data`: the source, and beside it the provider where the source does not name it."""
    fields = b'"source":' + group.source + b"," if group.source else b""
    known = read_source({"source": msgspec.json.decode(group.source or b"null")}, []).provider
    if known == UNKNOWN and group.provider:
        fields += b'"provider":' + msgspec.json.encode(group.provider) + b","
    return b"{" + fields


def _split(samples: Sequence[Raw], bytes_max: int) -> Iterator[list[bytes]]:
    """Parts with as many samples as fit, commas included; at least one each."""
    part: list[bytes] = []
    size = 0
    for sample in map(bytes, samples):
        if part and size + len(sample) > bytes_max:
            yield part
            part, size = [], 0
        part.append(sample)
        size += len(sample) + 1
    if part:
        yield part
