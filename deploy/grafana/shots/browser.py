"""Grafana's components in Chromium: a shot becomes a picture."""

import functools
import http.server
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.grafana.shots import bundle
from deploy.grafana.shots.replay import Shot

WIDTH = 1600  # pixels of the picture
ROW, HEAD = 38, 100  # pixels of a row of the grid, and of what stands above it
COLOURS = "64"  # of the picture: text and lines need no more, and it takes a third of the room
BACKGROUND: Mapping[str, str] = {"dark": "#111217", "light": "#f4f5f5"}
_CHROMIUM = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--enable-logging=stderr"),
)
_SETTLE_MS = 6000  # virtual: time for icons to come
_NOTHING_SAVED = 98  # pngquant's


def draw(shot: Shot, theme: str, picture: Path) -> Iterator[str]:
    """Write the picture. What could not be drawn, as the browser says it. Raises Misconfigured."""
    height = HEAD + ROW * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in shot.dashboard["panels"])
    with TemporaryDirectory(prefix="junction-shot-") as name, _served(Path(name), _page(shot, theme)) as url:
        said = bundle.run(
            *("chromium", *_CHROMIUM, f"--user-data-dir={name}/profile", f"--virtual-time-budget={_SETTLE_MS}"),
            *(f"--window-size={WIDTH},{height}", f"--screenshot={picture.absolute()}", url),
        )
    words = ("--force", "--nofs", "--skip-if-larger", "--output", str(picture), COLOURS, str(picture))
    bundle.run("pngquant", *words, good=(0, _NOTHING_SAVED))
    yield from re.findall(r'CONSOLE.*?"(cannot draw .*?)", source', said)


def _page(shot: Shot, theme: str) -> str:
    """Everything that the script draws is in it."""
    seen = {**shot.moment._asdict(), "step_s": shot.moment.step_s, "dashboard": shot.dashboard, "answers": shot.answers}
    data = json.dumps({**seen, "theme": theme, "width": WIDTH}).replace("</", "<\\/")
    return (
        "<!doctype html><meta charset=utf-8><link rel=stylesheet href=page.css>"
        f"<style>body{{margin:0;background:{BACKGROUND[theme]}}}</style><div id=root></div>"
        f"<script>window.SHOT={data}</script><script src=page.js></script>"
    )


@contextmanager
def _served(folder: Path, page: str) -> Iterator[str]:
    """The page beside the script and Grafana's icons, for as long as it is looked at."""
    (folder / "index.html").write_text(page, encoding="utf-8")
    for path in bundle.made().iterdir():
        (folder / path.name).symlink_to(path)
    handler = functools.partial(_Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # because that is its name
        """Say nothing of each request."""
