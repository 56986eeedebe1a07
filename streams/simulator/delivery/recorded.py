"""Bodies from files, signed and posted as they are: recorded webhooks, the vendor's examples, a customer's trouble.

A message id follows from what is posted, so that a second run is a redelivery. It is no KSUID: a recording does not
know when its event was made, and receivers then take the time of the attempt.
"""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from streams.ops.errors import Misconfigured
from streams.payloads import align
from streams.simulator.delivery.courier import Courier


@dataclass(frozen=True, slots=True)
class Recorded:
    file: str
    body: bytes

    @property
    def message_id(self) -> str:
        return f"msg_recorded_{blake2b(self.body, digest_size=16).hexdigest()}"


def read_folder(folder: Path, *, align_users: bool) -> list[Recorded]:
    """The `*.json` files of a folder by name. Raises Misconfigured where there are none or one cannot be read."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise Misconfigured(f"no *.json files in {folder}; name the folder that holds the recorded bodies")
    try:
        bodies = [file.read_bytes() for file in files]
    except OSError as error:
        raise Misconfigured(f"cannot read {error.filename}: {error.strerror}") from None
    return [Recorded(file.name, align(body) if align_users else body) for file, body in zip(files, bodies, strict=True)]


async def post_all(
    courier: Courier, recorded: list[Recorded], statuses: dict[str, int | None] | None = None
) -> dict[str, int | None]:
    """File → HTTP status, one after the other; None where no answer to stay with came in time.

    `statuses`: where they are put as they come, for whoever stops it.
    """
    statuses = {} if statuses is None else statuses
    for one in recorded:
        statuses[one.file] = await courier.insist(one.message_id, one.body)
    return statuses
