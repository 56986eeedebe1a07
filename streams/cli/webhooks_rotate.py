"""`webhooks rotate`: the signing secret turned, without an event that is refused."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import SecretStr

from streams.cli.base import NONE, AsJson, read_settings
from streams.cli.webhooks import WEBHOOKS_TOML, File, webhooks_app
from streams.ops.errors import StreamsError

if TYPE_CHECKING:
    from connectors.control.rotation.place import RotationPlace
    from connectors.control.rotation.steps import Rotator

_SECRET_CHARS_MAX = 200
Work = Callable[["Rotator"], Awaitable[None]]


@webhooks_app.command()
def rotate(
    name: Annotated[str, typer.Argument(help="The endpoint's name in webhooks.toml.")],
    file: File = WEBHOOKS_TOML,
    finish: Annotated[bool, typer.Option("--finish", help="Take the old secret out, once nothing needs it.")] = False,
    leaked: Annotated[bool, typer.Option("--leaked", help="Others know the old one: it goes at once.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Another one, before the last is finished.")] = False,
    take_theirs: Annotated[
        bool, typer.Option("--take-theirs", help="Somebody rotated in the dashboard: go on with that secret.")
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="How far it is; changes nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="What would be done; changes nothing.")] = False,
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for gateways to take it.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Turn the signing secret: gateways first, Junction second, the old one out a day later. After any stop: again.

    A secret is made here and put first into `secret_file`, the old one behind it. When every process of every gateway
    takes a probe signed with it, Junction gets it, and it is read back. `--finish`, 25 h later, takes the old one out
    if deliveries are proved by the new one and none by the old one alone. Without STREAMS_JUNCTION_MANAGEMENT_KEY the
    step in the dashboard is printed, and seen by what deliveries are signed with.

    Exit: 0 done, 1 not yet (--finish), 2 a person has to act, 3 a system does not answer.

    Example: `junction-streams webhooks rotate junction`, and a day later the same with `--finish`
    """
    if finish + take_theirs + (leaked or again) > 1:
        raise typer.BadParameter("give one of --finish, --take-theirs, --leaked (which goes with --again)")
    if status or dry_run:
        asyncio.run(_show(name, file, as_json=as_json, is_ahead=dry_run))
        return
    given = _given() if take_theirs else None

    async def work(rotator: "Rotator") -> None:
        if finish:
            await rotator.finish()
        elif take_theirs:
            await rotator.take_theirs(given)
        else:
            await rotator.rotate(again=again, is_leaked=leaked)

    asyncio.run(_do(name, file, wait, work, as_json=as_json))


def _given() -> SecretStr | None:
    """The secret from the dashboard, where nobody can ask Junction for it: never as an argument, which others see."""
    if read_settings(running=NONE).junction_management_key.get_secret_value():
        return None
    if sys.stdin.isatty():
        return SecretStr(
            str(typer.prompt("Signing secret from Junction's dashboard", hide_input=True, err=True)).strip()
        )
    return SecretStr(sys.stdin.readline(_SECRET_CHARS_MAX).strip())


async def _show(name: str, file: Path, *, as_json: bool, is_ahead: bool) -> None:
    from connectors.control.rotation.status import look
    from streams.ops import terminal

    async with AsyncExitStack() as stack:
        place = await _place(stack, name, file, 0, lambda text: None, as_json=as_json)
        found = await look(place)
        if as_json:
            terminal.machine(found.as_json())
            return
        for line in (*found.lines(), *(f"then: {one}" for one in found.ahead if is_ahead)):
            terminal.say(line)


async def _do(name: str, file: Path, wait_s: int, work: Work, *, as_json: bool) -> None:
    """Exits with 1 or 2 where something has to wait; what was done by then is said before."""
    from connectors.control.rotation.steps import NotYet, Rotator
    from streams.ops import terminal

    done: list[str] = []
    say = done.append if as_json else terminal.say
    waits: NotYet | None = None
    async with AsyncExitStack() as stack:
        place = await _place(stack, name, file, wait_s, say, as_json=as_json)
        with place.journal.locked():
            try:
                await work(Rotator(place))
            except NotYet as error:
                waits = error
            except StreamsError as error:
                if as_json:
                    terminal.machine({"done": done, "error": str(error)})
                raise
    if as_json:
        terminal.machine({"done": done, "waits_for": str(waits) if waits else None})
    elif waits:
        terminal.say(str(waits))
    if waits:
        raise SystemExit(2 if waits.is_for_person else 1)


async def _place(
    stack: AsyncExitStack, name: str, file: Path, wait_s: int, say: Callable[[str], None], *, as_json: bool
) -> "RotationPlace":
    from connectors.control.cases import case_of
    from connectors.control.file import read
    from connectors.control.rotation.place import open_place
    from streams.ops import terminal

    settings = read_settings(running=NONE)
    place = await stack.enter_async_context(open_place(settings, read(file), name, wait_s, say))
    if not as_json:
        terminal.say(case_of(settings))
    return place
