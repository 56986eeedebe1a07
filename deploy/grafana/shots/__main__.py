"""Run the demo, or take an earlier run, and draw every dashboard at every moment."""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.grafana import build
from deploy.grafana.boards import BOARDS
from deploy.grafana.shots import browser, moments, replay

DOCS = Path(__file__).resolve().parents[3] / "docs" / "dashboards"
LIGHT = "load"  # the moment that is drawn on white, too


def main() -> int:
    """Exit code: 0 when everything was drawn, 1 when a panel could not be."""
    options = _options()
    if not (options.run / moments.FILE).exists():
        moments.record(options.run)
    options.to.mkdir(parents=True, exist_ok=True)
    began_s, failed = time.monotonic(), 0
    for shot in replay.shots(options.run, options.dashboards, options.boards, options.moments):
        for theme in _themes(options.theme, shot.moment.name):
            name = shot.name + ("-light" if theme == "light" else "")
            for complaint in browser.draw(shot, theme, options.to / f"{name}.png"):
                print(f"{name}: {complaint}", file=sys.stderr)
                failed += 1
    print(f"drawn into {options.to} in {time.monotonic() - began_s:.0f} s; the run is kept in {options.run}")
    return 1 if failed else 0


def _themes(wanted: str, moment: str) -> Iterator[str]:
    if wanted != "light":
        yield "dark"
    if wanted in ("light", "both") or (wanted == "docs" and moment == LIGHT):
        yield "light"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana.shots", description=__doc__)
    parser.add_argument("--run", type=Path, default=Path(".cache/board-shots"), help="what was scraped; recorded once")
    parser.add_argument("--dashboards", type=Path, default=build.FOLDER, help="folder of Grafana's JSON")
    parser.add_argument("--to", type=Path, default=DOCS, help="folder of the pictures")
    parser.add_argument("--boards", nargs="*", default=[board.name for board in BOARDS])
    parser.add_argument("--moments", nargs="*", default=list(moments.NAMES))
    parser.add_argument("--theme", choices=["docs", "dark", "light", "both"], default="docs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
