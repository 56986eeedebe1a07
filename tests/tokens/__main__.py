"""`python -m tests.tokens`: real processes cross the ends of their tokens, and are refused. Exits with 1 when wrong."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import stamina

from tests.tokens.crossing import Crossing, cross
from tests.tokens.refusals import try_all
from tests.tokens.stage import staged


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tokens", description=__doc__)
    parser.add_argument("--life-s", type=float, default=60.0, help="of a token")
    parser.add_argument("--session-s", type=float, default=30.0, help="connections.max.reauth.ms, in seconds")
    parser.add_argument("--refreshes", type=int, default=3, help="of each process's token, under load")
    parser.add_argument("--rate", type=float, default=50.0, help="events a second")
    parser.add_argument("--away", type=float, default=0.0, help="for how many seconds the token server gives none")
    parser.add_argument("--only", choices=["crossing", "refusals"])
    asked = parser.parse_args()
    stamina.instrumentation.set_on_retry_hooks([])
    is_right = True
    with TemporaryDirectory() as folder, staged(Path(folder), life_s=asked.life_s, session_s=asked.session_s) as stage:
        if asked.only != "refusals":
            found = cross(stage, Path(folder), refreshes=asked.refreshes, rate_per_s=asked.rate, away_s=asked.away)
            _say(found)
            is_right = found.report.is_right if asked.away else found.is_right
        if asked.only != "crossing":
            for ended in try_all(stage):
                state = f"WRONG: {ended.wrong}" if ended.wrong else "right"
                print(f"{ended.process:14} {ended.case:24} exit {ended.exit}  {ended.seconds:4.1f} s  {state}")
                print("".join(f"    {line}\n" for line in ended.lines[: 8 if ended.wrong else 1]), end="", flush=True)
                is_right = is_right and not ended.wrong
    return 0 if is_right else 1


def _say(found: Crossing) -> None:
    counted = {name: getattr(found.report, name) for name in ("checked", "lost", "repeated", "wrong", "unexpected")}
    print(f"{found.events} events in {found.seconds:.0f} s: {', '.join(f'{k} {v}' for k, v in counted.items())}")
    print(f"tokens fetched: {dict(found.tokens)}; replies: {dict(found.statuses)}")
    for name, lines in found.lines.items():
        print(f"{name}: {len(lines)} lines above info")
        print("".join(f"    {line[:300]}\n" for line in lines[:10]), end="")
    print(f"worker: {found.cut} lines about connections that went", flush=True)


sys.exit(main())
