"""The figures as a drawing: latency over the rate, and who uses the cores. SVG, readable on light and on dark."""

from collections.abc import Iterable, Sequence
from math import log10

from benchmarks.load.step import Row
from benchmarks.load.table import KNEE_P99_MS

_WIDTH, _HEIGHT, _LEFT, _TOP, _PLOT_W, _PLOT_H = 790, 335, 52, 48, 310, 240
_RIGHT = 420  # where the second drawing begins
_LOW_MS, _HIGH_MS = 10.0, 10_000.0
_LINES = {"p50": ("p50_ms", "#3b82f6"), "p99": ("p99_ms", "#ef4444"), "p99.9": ("p999_ms", "#a855f7")}
_SHARES = {
    "gateway": "#3b82f6",
    "worker": "#10b981",
    "kafka": "#f59e0b",
    "sender": "#9ca3af",
    "reader": "#d1d5db",
}


def svg(rows: Sequence[Row], cores: int) -> str:
    """Two drawings beside each other. Rates stand at equal distances."""
    parts = [*_latency(rows), *_cpu(rows, cores)]
    style = "text{font:12px sans-serif;fill:#6b7280}.t{font-weight:bold}.g{stroke:#9ca3af55}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}">'
    return "\n".join([head, f"<style>{style}</style>", *parts, "</svg>"]) + "\n"


def _latency(rows: Sequence[Row]) -> Iterable[str]:
    yield _text(_LEFT, 18, "Receipt to commit, ms", "t")
    for ms in (10, 100, 1000, 10_000):
        yield _grid(_LEFT, _y_ms(ms), f"{ms:,}")
    knee_y = _y_ms(KNEE_P99_MS)
    yield f'<path d="M{_LEFT} {knee_y}h{_PLOT_W}" stroke="#ef4444" stroke-dasharray="4 4" opacity="0.6"/>'
    for field, color in _LINES.values():
        points = [(_x(_LEFT, n, len(rows)), _y_ms(getattr(row.commit, field))) for n, row in enumerate(rows)]
        path = " ".join(f"{x},{y}" for x, y in points)
        yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>'
        yield from (f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>' for x, y in points)
    yield from _legend(_LEFT, {name: color for name, (_, color) in _LINES.items()})
    yield from _rates(_LEFT, rows)


def _cpu(rows: Sequence[Row], cores: int) -> Iterable[str]:
    yield _text(_RIGHT, 18, f"Cores busy, of {cores}", "t")
    for core in range(cores + 1):
        yield _grid(_RIGHT, _y_core(core, cores), str(core))
    for n, row in enumerate(rows):
        at = 0.0
        for name, color in _SHARES.items():
            used = row.cpu_ms.get(name, 0.0) * row.accepted_per_s / 1000
            x, y, height = _x(_RIGHT, n, len(rows)) - 10, _y_core(at + used, cores), used / cores * _PLOT_H
            yield f'<rect x="{x:.0f}" y="{y}" width="20" height="{height:.1f}" fill="{color}"/>'
            at += used
    yield from _legend(_RIGHT, _SHARES)
    yield from _rates(_RIGHT, rows)


def _legend(left: int, colors: dict[str, str]) -> Iterable[str]:
    for n, (name, color) in enumerate(colors.items()):
        x = left + n * 62
        yield f'<rect x="{x}" y="25" width="10" height="10" fill="{color}"/>' + _text(x + 14, 34, name)


def _rates(left: int, rows: Sequence[Row]) -> Iterable[str]:
    for n, row in enumerate(rows):
        x = _x(left, n, len(rows))
        yield _text(x, _TOP + _PLOT_H + 18, f"{row.rate:,.0f}", middle=True)
    yield _text(left + _PLOT_W // 2, _TOP + _PLOT_H + 38, "events a second", middle=True)


def _grid(left: int, y: float, label: str) -> str:
    line = f'<path class="g" d="M{left} {y}h{_PLOT_W}"/>'
    return line + f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{label}</text>'


def _text(x: float, y: float, words: str, kind: str = "", *, middle: bool = False) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}"{anchor}>{words}</text>'


def _x(left: int, n: int, count: int) -> float:
    return round(left + _PLOT_W * (n + 0.5) / count, 1)


def _y_ms(ms: float) -> float:
    """Logarithmic; what is outside stands at the edge."""
    share = log10(min(max(ms, _LOW_MS), _HIGH_MS) / _LOW_MS) / log10(_HIGH_MS / _LOW_MS)
    return round(_TOP + _PLOT_H * (1 - share), 1)


def _y_core(core: float, cores: int) -> float:
    return round(_TOP + _PLOT_H * (1 - core / cores), 1)
