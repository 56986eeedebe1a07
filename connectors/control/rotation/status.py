"""How far a rotation is: the journal, the file, Junction and every gateway side by side. Changes nothing."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from connectors.control.rotation.gateways import ProcessSight
from connectors.control.rotation.journal import Rotation, RotationStep
from connectors.control.rotation.place import RotationPlace
from connectors.control.rotation.quiet import QuietVerdict, judge
from streams.events import times
from streams.ops import addresses
from streams.ops.errors import StreamsError

_AHEAD = {
    RotationStep.MADE: "put a new secret first in {file}, the old ones stay behind it",
    RotationStep.WRITTEN: "wait until every process of every gateway takes a probe signed with it",
    RotationStep.TAKEN: "rotate at Junction, unless it is there already",
    RotationStep.SENT: "read it back",
    RotationStep.CONFIRMED: "25 h later, with --finish: if deliveries are proved by the new one and none by an old one "
    "alone, take the old ones out of {file}, and see every gateway refuse them (401)",
}


class RotationStatus(NamedTuple):
    """`at_junction`: the fingerprint of what Junction signs with, "" where nobody can ask. `verdict`: may it finish?"""

    name: str
    rotation: Rotation | None
    in_file: tuple[str, ...]
    at_junction: str
    sights: list[ProcessSight]
    troubles: list[str]
    verdict: QuietVerdict | None
    ahead: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """In sentences."""
        one = self.rotation
        yield f"{self.name}: {_told(one) if one else 'no rotation is under way'}"
        yield f"the file: {', '.join(self.in_file)}"
        yield f"Junction: {self.at_junction or 'cannot be asked without a management key'}"
        for sight in self.sights:
            uses = ", ".join(f"{row.fingerprint} verified {row.verified:,}" for row in sight.uses)
            yield f"{addresses.shown(sight.gateway)} {sight.instance}: {uses}"
        yield from self.troubles
        if self.verdict:
            yield f"finish: {'yes, ' if self.verdict.is_ready else ''}{self.verdict.why}"

    def as_json(self) -> dict[str, Any]:
        """For machines. Times as RFC 3339."""
        one, verdict = self.rotation, self.verdict
        return {
            "endpoint": self.name,
            "step": one.step if one else None,
            "new": one.new if one else None,
            "old": one.old if one else (),
            "began": _time(one.began_s) if one else None,
            "sent": _time(one.sent_s) if one else None,
            "confirmed": _time(one.confirmed_s) if one else None,
            "file": self.in_file,
            "junction": self.at_junction or None,
            "gateways": [_seen(sight) for sight in self.sights],
            "troubles": self.troubles,
            "may_finish": verdict.is_ready if verdict else None,
            "finish": verdict.why if verdict else None,
            "finish_at": _time(verdict.ready_at_s) if verdict else None,
            "ahead": self.ahead,
        }


async def look(place: RotationPlace) -> RotationStatus:
    """Raises as the calls of Junction do; what gateways do not say is among the troubles."""
    rotation = place.journal.read().rotation
    known = place.file.secrets()
    theirs = (await place.junction.read())[0] if place.junction else ""
    signing = rotation.new if rotation and rotation.new in known else theirs if theirs in known else next(iter(known))
    found = await place.gateways.look(known[signing])
    sights = [one for one in found if isinstance(one, ProcessSight)]
    troubles = [str(one) for one in found if isinstance(one, StreamsError)]
    verdict = None
    if rotation and rotation.step is RotationStep.CONFIRMED and not troubles:
        verdict = judge([one.uses for one in sights], rotation, place.clock(), place.quiet_s)
    ahead = tuple(_ahead(place, rotation))
    return RotationStatus(place.name, rotation, tuple(known), theirs, sights, troubles, verdict, ahead)


def _ahead(place: RotationPlace, rotation: Rotation | None) -> Iterator[str]:
    """What `rotate` has still to do."""
    steps = list(_AHEAD)
    done = steps.index(rotation.step) if rotation and rotation.step in _AHEAD else -1
    if rotation and rotation.step is RotationStep.REMOVING:
        done = len(steps) - 2
    if rotation and rotation.step is RotationStep.CONFIRMED:
        done -= 1  # its own line is what follows it
    yield from (_AHEAD[step].format(file=place.file.shown) for step in steps[done + 1 :])


def _told(one: Rotation) -> str:
    return f"a rotation from {', '.join(one.old)} to {one.new} is under way; done last: {one.step}"


def _seen(sight: ProcessSight) -> dict[str, Any]:
    uses = [
        {"fingerprint": row.fingerprint, "verified": row.verified, "used": _time(row.last_used_s)} for row in sight.uses
    ]
    return {"gateway": addresses.shown(sight.gateway), "instance": sight.instance, "secrets": uses}


def _time(time_s: float) -> str | None:
    return times.text_of_seconds(time_s) if time_s else None
