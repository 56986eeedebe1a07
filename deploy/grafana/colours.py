"""Which colour a name has on every panel: green is good, grey others' business, yellow and orange pass, red fails.

Without it Grafana gives colours by the alphabet: aborted green, committed yellow.
"""

from collections.abc import Mapping

GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"
BLUE, PURPLE, GREY = "blue", "purple", "#8e8e8e"
PALE = "#b7b7b7"
NEUTRAL = "text"  # of a number that is neither good nor bad: as the words around it

REPLIES: Mapping[str, str] = {
    "accepted": GREEN,
    "dead_letter": PURPLE,
    "probe": "light-green",
    "refused": GREY,
    "not_allowed": "#6e6e6e",
    "not_found": PALE,
    "not_post": "#9fa7b3",
    "too_large": BLUE,
    "too_slow": "light-blue",
    "gone": "dark-blue",
    "busy": YELLOW,
    "overload": ORANGE,
    "unavailable": RED,
    "error": "dark-red",
}
TRANSACTIONS: Mapping[str, str] = {"committed": GREEN, "aborted": ORANGE}
ABORTS: Mapping[str, str] = {"group": BLUE, "broker": ORANGE, "other": RED}
BATCHES: Mapping[str, str] = {"written": GREEN, "fenced": ORANGE}
STEPS: Mapping[str, str] = {"wait": GREY, "decode": BLUE, "write": PURPLE, "commit": ORANGE}
VERDICTS: Mapping[str, str] = {
    "NEW": GREEN,
    "CHANGED": BLUE,
    "SAME": GREY,
    "EMPTY": PALE,
    "STALE": YELLOW,
    "CONFLICT": ORANGE,
}
CONNECTIONS: Mapping[str, str] = {"connected": GREEN, "implied": BLUE, "error": RED, "unknown": GREY}
HISTORIES: Mapping[str, str] = {
    "complete": GREEN,
    "empty": PALE,
    "not_expected": GREY,
    "notified": YELLOW,
    "queued": "light-blue",
    "fetching": BLUE,
    "failed": RED,
}
CALLS: Mapping[str, str] = {
    "ok": GREEN,
    "missing": BLUE,
    **dict.fromkeys(("rate_limited", "busy"), YELLOW),
    **dict.fromkeys(("server_error", "timeout", "network", "not_json", "given_up"), ORANGE),
    **dict.fromkeys(("bad_request", "forbidden", "invalid", "unexpected", "no_endpoint", "bad_shape"), "dark-orange"),
    **dict.fromkeys(("too_deep", "too_large", "endless", "cursor_refused"), PURPLE),
    "unauthorized": RED,
}
PAGES: Mapping[str, str] = {
    **{name: CALLS[name] for name in CALLS if name != "ok"},
    "page ok": GREEN,
    "stream ok": BLUE,
}
JOBS: Mapping[str, str] = {"due": BLUE, "parked": GREY}
LOADS: Mapping[str, str] = {"accepted": GREEN, "refused": RED}
LIVES: Mapping[str, str] = {"opened": ORANGE, "updated": BLUE, "resolved": GREEN}
DELIVERIES: Mapping[str, str] = {"delivered": GREEN, "failed": ORANGE, "given_up": RED, "stale": GREY}
URGENCIES: Mapping[str, str] = {"page": RED, "ticket": YELLOW, "none": GREEN}
SEVERITIES: Mapping[str, str] = {"info": BLUE, "warning": ORANGE, "critical": RED}
