"""The steps of a rotation, each of which may be done again: who comes after a kill looks, and goes on from there.

Gateways first, Junction second: from the moment at which Junction signs with the new secret every gateway knows it.
"""

import msgspec
from pydantic import SecretStr

from connectors.control import signing_secret
from connectors.control.rotation.at_junction import JunctionSecret
from connectors.control.rotation.journal import Rotation, RotationJournal, RotationStep
from connectors.control.rotation.place import RotationPlace
from connectors.control.rotation.quiet import QuietVerdict, judge
from connectors.junction.management import BadValue
from connectors.webhook.secret_report import OLD_SIGNS_S
from streams.events import SECOND_US, times
from streams.ops.errors import Misconfigured, Unavailable

_OLD_SECRETS_MAX = 10  # Svix keeps ten (domain file, 7.3), and refuses what would make it eleven: `limit_reached`
_TRIES = 3
_DONE = (RotationStep.CONFIRMED, RotationStep.REMOVING)


class NotYet(Exception):
    """What is asked for has to wait; the text says for what. `is_for_person`: somebody has to do something first."""

    def __init__(self, sentence: str, *, is_for_person: bool = False) -> None:
        super().__init__(sentence)
        self.is_for_person = is_for_person


class Rotator:
    """Use inside `place.journal.locked()`."""

    def __init__(self, place: RotationPlace) -> None:
        self.place = place
        self.state = place.journal.read()

    async def rotate(self, *, again: bool = False, is_leaked: bool = False) -> None:
        """To a secret made here, as far as it goes now: done, or up to the step at which it stopped before.

        `again`: another one, though the old ones of the last are not out yet. `is_leaked`: the old one goes at once.
        Raises NotYet where a person has to act at Junction, Misconfigured, Unavailable.
        """
        if again and self._is_stopped_end():
            await self._remove()
        one = self.state.rotation
        # One that is leaked and confirmed was stopped before its end: that is gone on with, not begun anew.
        if one is None or (again and one.step is RotationStep.CONFIRMED and not one.is_leaked):
            await self._begin()
        elif one.step is RotationStep.CONFIRMED and not is_leaked:
            self.place.say(_rotated_already(self.place.name, one))
        elif one.step is RotationStep.CONFIRMED:
            self.place.say(_leaked_already(self.place.name, one))
        await self._go_on(is_leaked=is_leaked)

    def _is_stopped_end(self) -> bool:
        """Whether `finish` was stopped on its way."""
        one = self.state.rotation
        return one is not None and one.step is RotationStep.REMOVING and not one.is_leaked

    async def take_theirs(self, given: SecretStr | None = None) -> None:
        """The secret that somebody made in the dashboard becomes ours. `given`: it, without a management key."""
        if self.place.junction:
            _, given = await self.place.junction.read()
        if given is None:
            raise Misconfigured("without a management key nobody can ask Junction for its secret: give it on stdin")
        signing_secret.check(given, "what was given")
        self.place.file.check()
        theirs, one = signing_secret.fingerprint(given), self.state.rotation
        if one is None or one.new != theirs:
            known = (one.new, *one.old) if one else tuple(self.place.file.secrets())[:1]
            old = tuple(each for each in known if each != theirs)
            now_s = self.place.clock()
            self._write(self.state.with_past(0.0), Rotation(RotationStep.MADE, theirs, old, now_s, sent_s=now_s))
        self.place.file.put_first(given)
        await self._go_on(is_leaked=False)

    async def finish(self) -> None:
        """The old ones out, if they may go. Raises NotYet, Misconfigured, Unavailable."""
        one = self.state.rotation
        if one is None:
            self.place.say(f"{self.place.name}: no rotation is under way, so there is nothing to finish")
            return
        if one.step not in _DONE:
            raise Misconfigured(f"the rotation of {self.place.name} stopped at `{one.step}`: run rotate again first")
        if one.step is RotationStep.CONFIRMED:
            verdict = await self.verdict(one)
            if not verdict.is_ready:
                raise NotYet(f"the old secret stays: {verdict.why}")
            self.place.say(f"old ones may go: {verdict.why}")
        await self._remove()

    async def verdict(self, one: Rotation) -> QuietVerdict:
        """Whether the old ones may go."""
        sights = await self.place.gateways.take(self._new_one(one), one.new)
        return judge([sight.uses for sight in sights], one, self.place.clock(), self.place.quiet_s)

    async def _go_on(self, *, is_leaked: bool) -> None:
        if is_leaked:
            self._note(is_leaked=True)  # whoever goes on after a kill takes it out as well
        await self._into_the_file()
        await self._to_the_gateways()
        await self._to_junction()
        if self._now.is_leaked or self._now.step is RotationStep.REMOVING:
            await self._remove()

    @property
    def _now(self) -> Rotation:
        if self.state.rotation is None:
            raise AssertionError("no rotation is under way")
        return self.state.rotation

    def _write(self, state: RotationJournal, rotation: Rotation | None) -> None:
        self.state = msgspec.structs.replace(state, rotation=rotation)
        self.place.journal.write(self.state)

    def _note(self, **changes: object) -> None:
        after = msgspec.structs.replace(self._now, **changes)
        if after != self._now:
            self._write(self.state, after)

    async def _begin(self) -> None:
        """Everything that could be in the way is looked at before anything is changed."""
        place, now_s = self.place, self.place.clock()
        place.file.check()
        known = place.file.secrets()
        _check_limit(self.state, now_s)
        signing = next(iter(known))
        if place.junction:
            signing, _ = await place.junction.read()
            if signing not in known:
                raise Misconfigured(_unknown(place, signing))
        await place.gateways.take(known[signing], signing, is_first=False)
        before = self.state.rotation
        old = dict.fromkeys([signing, *(before.old if before else ()), *([before.new] if before else ())])
        self._make(self.state.with_past(0.0), tuple(one for one in old if one in known))

    def _make(self, state: RotationJournal, old: tuple[str, ...], *, is_leaked: bool = False) -> None:
        secret = signing_secret.make()
        new = signing_secret.fingerprint(secret)
        # Noted before it is anywhere: whoever finds it in the file knows whose it is.
        self._write(state, Rotation(RotationStep.MADE, new, old, self.place.clock(), is_leaked=is_leaked))
        self.place.file.put_first(secret)

    async def _into_the_file(self) -> None:
        place, one = self.place, self._now
        known = place.file.secrets()
        if one.new not in known:
            place.file.check()
            await self._lost(one)
        elif next(iter(known)) != one.new:
            place.file.put_first(known[one.new])
        if one.step is RotationStep.MADE:
            self._note(step=RotationStep.WRITTEN)
            place.say(f"{self._now.new} is first in {place.file.shown}, {', '.join(self._now.old)} behind it")

    async def _lost(self, one: Rotation) -> None:
        """It died with a process before it was written, or somebody took it out of the file."""
        theirs, secret = await self.place.junction.read() if self.place.junction else ("", SecretStr(""))
        if theirs == one.new:
            self.place.file.put_first(secret)
        elif not self.place.junction and one.sent_s:  # a person was told to give it to Junction, and may have done so
            raise Misconfigured(_gone(self.place, one))
        elif one.step in (RotationStep.MADE, RotationStep.WRITTEN, RotationStep.TAKEN):
            self._make(self.state, one.old, is_leaked=one.is_leaked)  # Junction has never heard of it
        else:
            raise Misconfigured(_gone(self.place, one))

    def _new_one(self, one: Rotation) -> SecretStr:
        """Of the file. Raises Misconfigured where somebody took it out, as who restores an older file does."""
        known = self.place.file.secrets()
        if one.new not in known:
            raise Misconfigured(_gone(self.place, one))
        return known[one.new]

    async def _to_the_gateways(self) -> None:
        one, place = self._now, self.place
        sights = await place.gateways.take(place.file.secrets()[one.new], one.new)
        if one.step is RotationStep.WRITTEN:
            self._note(step=RotationStep.TAKEN)
            place.say(f"every gateway takes it: {len(sights)} {'process' if len(sights) == 1 else 'processes'} said so")

    async def _to_junction(self) -> None:
        if self._now.step in _DONE:
            return
        junction = self.place.junction
        await (self._by_key(junction) if junction else self._by_hand())
        self._note(step=RotationStep.CONFIRMED, confirmed_s=self.place.clock())
        self.place.say(_rotated(self.place.name, self._now))

    async def _by_key(self, junction: JunctionSecret) -> None:
        """Read, rotate, read: until Junction says that it has the new one."""
        failed: Unavailable | None = None
        for _ in range(_TRIES + 1):
            if await self._has_it(junction):
                return
            failed = await self._send(junction)
        raise failed or Unavailable("Junction took the new secret, and says that it has the old one")

    async def _has_it(self, junction: JunctionSecret) -> bool:
        """Raises Misconfigured where Junction has a third one."""
        theirs, _ = await junction.read()
        if theirs != self._now.new and theirs not in self._now.old:
            raise Misconfigured(
                f"somebody rotated in the dashboard: Junction signs with {theirs}, which is neither the new secret "
                f"{self._now.new} nor an old one ({', '.join(self._now.old)}). `junction-streams webhooks rotate "
                f"{self.place.name} --take-theirs` goes on with theirs"
            )
        return theirs == self._now.new

    async def _send(self, junction: JunctionSecret) -> Unavailable | None:
        """One try. Returns why its effect is not known."""
        self._note(step=RotationStep.SENT, sent_s=self.place.clock())
        try:
            await junction.rotate(self.place.file.secrets()[self._now.new])
        except Unavailable as error:
            return error
        except BadValue as error:
            if b"limit_reached" in error.body:
                raise Misconfigured(_LIMIT.format(when="when its oldest is a day old")) from None
            raise
        return None

    async def _by_hand(self) -> None:
        """Without a key: what a person does in the dashboard is seen by deliveries that the new one has proved."""
        place, one = self.place, self._now
        sights = await place.gateways.take(place.file.secrets()[one.new], one.new)
        if not one.sent_s:
            self._note(sent_s=place.clock())
        if not any(row.verified for sight in sights for row in sight.uses if row.fingerprint == one.new):
            raise NotYet(_guide(place, one), is_for_person=True)

    async def _remove(self) -> None:
        """Out of the file, out of every gateway; and proved so by a probe that each has to refuse."""
        place, one = self.place, self._now
        place.file.check()
        new = self._new_one(one)
        # In the day of both signatures deliveries do not show that Junction was turned back: so it is asked.
        if place.junction and not await self._has_it(place.junction):
            raise Misconfigured(_turned_back(place.name, one))
        self._note(step=RotationStep.REMOVING)
        known = place.file.secrets()
        place.file.take_out(one.old)
        await place.gateways.drop(new, {old: known.get(old) for old in one.old})
        self._write(self.state.with_past(place.clock()), None)
        left = len(place.file.secrets()) - 1
        more = f"; {left} more in the file are not of this rotation, and stay" if left else ""
        place.say(f"{', '.join(one.old)}: out of {place.file.shown}, and refused by every gateway (401){more}")


_LIMIT = (
    "Svix keeps ten old secrets of an endpoint for a day, and refuses one rotation more (limit_reached): the next is "
    "possible {when}. Nothing was changed at Junction"
)


def _check_limit(state: RotationJournal, now_s: float) -> None:
    recent = [one for one in state.sent_s() if one > now_s - OLD_SIGNS_S]
    if len(recent) >= _OLD_SECRETS_MAX:
        when_s = recent[-_OLD_SECRETS_MAX] + OLD_SIGNS_S
        raise Misconfigured(_LIMIT.format(when=f"at {times.text(int(when_s + 1) * SECOND_US)}"))


def _unknown(place: RotationPlace, theirs: str) -> str:
    return (
        f"Junction signs {place.name} with {theirs}, which {place.file.shown} does not hold: was it rotated in the "
        f"dashboard? What comes is refused (401) until the file has it: `junction-streams webhooks rotate {place.name} "
        "--take-theirs`"
    )


def _gone(place: RotationPlace, one: Rotation) -> str:
    return (
        f"{place.file.shown} does not hold {one.new} any more, which Junction may sign with: put it back, or take "
        f"Junction's own with `junction-streams webhooks rotate {place.name} --take-theirs`"
    )


def _turned_back(name: str, one: Rotation) -> str:
    return (
        f"somebody turned the secret of {name} back in the dashboard: Junction does not sign with {one.new} any more, "
        "but with an old one, which would be refused. Nothing was taken out. Go on with theirs: `junction-streams "
        f"webhooks rotate {name} --take-theirs`"
    )


def _rotated(name: str, one: Rotation) -> str:
    return (
        f"Junction signs with {one.new}, for a day with {', '.join(one.old)} as well. After 25 h: "
        f"`junction-streams webhooks rotate {name} --finish`"
    )


def _rotated_already(name: str, one: Rotation) -> str:
    return (
        f"{name} was rotated to {one.new} already; what is left: `junction-streams webhooks rotate {name} --finish`. "
        "Another one before that: --again"
    )


def _leaked_already(name: str, one: Rotation) -> str:
    return (
        f"{name} was rotated to {one.new} already, so only {', '.join(one.old)} goes out. If it is {one.new} that "
        f"others know: `junction-streams webhooks rotate {name} --leaked --again`"
    )


def _guide(place: RotationPlace, one: Rotation) -> str:
    return (
        f"without a management key Junction's part is yours. In its dashboard: Webhooks, the endpoint of {place.name}, "
        f"Signing Secret, Rotate. Give it the secret on the first line of {place.file.shown} ({one.new}), and run this "
        "again after the next delivery: it sees what that was signed with. If the dashboard makes a secret of its own: "
        f"`junction-streams webhooks rotate {place.name} --take-theirs`, which asks you for it. Until then nothing is "
        "refused: every gateway takes the new one and the old one"
    )
