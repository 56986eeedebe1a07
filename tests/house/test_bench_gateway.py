"""The gateway's benchmark: what wrk plays and says, and the figures made of it. `make bench-gateway` runs it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.gateway import table, wrk
from benchmarks.gateway.deliveries import Deliveries, distinct
from benchmarks.gateway.measure import Row
from streams.events.signature import Keyring, verify
from tests.connectors.webhook.gateways import SECRET
from tests.house.deliveries import frames, taken

SAID = """Running 1s test @ http://127.0.0.1:8080
  1 threads and 64 connections
Requests/sec:   9981.02
{"requests": 10400, "us": 1042000, "p50_us": 6100, "p99_us": 12300, "p999_us": 15800, "max_us": 20000, \
"status": 3, "connect": 0, "read": 1, "write": 0, "timeout": 2}
"""
ROW = Row("ours_1", 1, 64, 100.0, 1, 2, 3, 8.0, 2, 1, 80, 1, 2, 0.1)


def test_what_wrk_says_is_read_from_its_last_line() -> None:
    """Milliseconds and seconds; a bad status is refused, no answer at all failed."""
    played = wrk.parse(SAID, cpu_s=0.5)
    assert (played.requests, played.seconds, played.p50_ms, played.p99_ms, played.p999_ms) == (
        10400,
        1.042,
        6.1,
        12.3,
        15.8,
    )
    assert (played.refused, played.failed, played.cpu_s) == (3, 3, 0.5)


def test_medians_are_of_each_contestant_and_load_and_refusals_add_up() -> None:
    """A slow round changes no median; a refusal in any round is seen."""
    rows = [replace(ROW, requests_per_s=rate) for rate in (100.0, 10.0, 110.0)]
    merged = table.medians([*rows, replace(ROW, connections=512, requests_per_s=7.0)])
    assert [(row.connections, row.requests_per_s, row.refused, row.failed) for row in merged] == [
        (64, 100.0, 3, 6),
        (512, 7.0, 1, 2),
    ]


def test_ratios_are_to_go_with_as_many_processes_under_the_same_load() -> None:
    """Nobody is held against another load, or against more processes."""
    go = replace(ROW, name="go_1", requests_per_s=400.0, gateway_cpu_s=4.0)
    rows = [ROW, go, replace(ROW, name="ours_2"), replace(ROW, kb=12)]
    assert table.ratios(rows) == {("ours_1", 1, 64): (0.25, 2.0)}
    assert table.as_json(rows, rows)["gateway"][0]["rate_to_go"] == 0.25
    assert "0.25" in table.text(rows)


def test_the_table_says_in_words_who_is_who() -> None:
    """A reader needs no list of short names."""
    shown = table.text([replace(ROW, name=name) for name in ("ours_1", "ours_2", "go_1", "goccy_2", "floor_reply")])
    for words in ("ours, 1 process ", "ours, 2 processes", "Go, 1 core ", "Go, 2 cores, quick JSON", "floor_reply"):
        assert words in shown


def test_prepared_requests_are_signed_and_distinct(tmp_path: Path) -> None:
    """Each frame is one whole request, and a gateway would let it in."""
    requests = frames(Deliveries(SECRET, tmp_path).file(200).read_bytes())
    assert len(set(requests)) == len(requests) == distinct(200_000)
    head, _, body = requests[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert int(headers["content-length"]) == len(body)
    assert 150_000 < len(body) < 250_000
    verify(Keyring.parse([SECRET]), headers, body, now_s=float(headers["svix-timestamp"]), tolerance_s=1)


@pytest.mark.skipif(not shutil.which("wrk"), reason="because wrk is missing: apt-get install wrk")
def test_wrk_plays_the_file(tmp_path: Path) -> None:
    """The script and wrk agree: every request arrives whole, in turn, and is counted."""
    file = Deliveries(SECRET, tmp_path).file(12)
    wanted = {frame.partition(b"\r\n\r\n")[2] for frame in frames(file.read_bytes())}
    with taken() as (port, came):
        played = wrk.play(port, file, connections=2, seconds=1)
    assert played.requests
    assert not played.refused
    bodies = {body for _, body in came}
    assert len(bodies) > 1
    assert bodies <= wanted
