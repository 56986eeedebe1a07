"""What `status USER` prints."""

from streams.events import DAY_S, HOUR_S, MINUTE_S
from streams.ops import terminal
from streams.ops.terminal import Rows, line
from streams.status.client import Json

NUMBERS = frozenset({"fetched", "rows", "new", "known", "age", "days with data", "resources"})


def print_status(view: Json, *, as_json: bool) -> None:
    """A user's view, as tables for people or JSON for machines."""
    if as_json:
        terminal.machine(view)
        return
    console = terminal.console()
    is_known = view["connections"] or view["resources"] or view["backfills"]
    where = f"partition {view['partition']}, worker {view['worker']}, as of {_short(view['as_of'])}; times are UTC"
    console.print(line((view["user_id"], "bold"), f"  {where}"), soft_wrap=True)
    if not is_known:
        terminal.say("Nothing is known of this user: no event of it has come, or the id is another one.")
        return
    for rows in (_connections(view), _backfills(view), _resources(view)):
        if len(rows):
            console.print(rows)
    if view["awaited"]:
        names = ", ".join(f"{row['provider']} {row['resource']}" for row in view["awaited"])
        terminal.say(f"Junction has not announced the history of: {names}")


def _table(title: str, *columns: str) -> Rows:
    return Rows(*columns, title=title, right=NUMBERS, once="provider")


def _sorted(rows: list[Json]) -> list[Json]:
    return sorted(rows, key=lambda row: (row["provider"], row["resource"]))


def _connections(view: Json) -> Rows:
    table = _table("Connections", "provider", "status", "since", "last data", "resources")
    for row in view["connections"]:
        status = f"{row['status']} ({row['error_type']})" if row["status"] == "error" else row["status"]
        table.add(
            row["provider"], status, _short(row["since"]), _short(row["last_data_at"]),
            str(len(row["resources_available"])),
        )  # fmt: skip
    return table


def _backfills(view: Json) -> Rows:
    is_waiting = any(row["next_try_at"] for row in view["backfills"])
    more = ("next try",) if is_waiting else ()
    columns = ("provider", "resource", "status", "fetched", "rows", "new", "known", "data from", "to", *more)
    table = _table("History", *columns)
    for row in _sorted(view["backfills"]):
        status = f"{row['status']} ({row['reason']})" if row["reason"] else row["status"]
        known = row["rows_same"] + row["rows_changed"] + row["rows_other"]
        table.add(
            row["provider"], row["resource"], status, f"{row['share']:.0%}", f"{row['rows']:,}",
            f"{row['rows_new']:,}", f"{known:,}", _day(row["first_data_at"]), _day(row["last_data_at"]),
            *((_short(row["next_try_at"]),) if is_waiting else ()),
        )  # fmt: skip
    return table


def _resources(view: Json) -> Rows:
    table = _table("Freshness", "provider", "resource", "newest data", "age", "last delivery", "days with data")
    for row in _sorted(view["resources"]):
        table.add(
            row["provider"], row["resource"], _short(row["newest_data_at"]), _age(row["age_s"]),
            _short(row["last_delivery_at"]), str(row["days_with_data"]),
        )  # fmt: skip
    return table


def _short(time: str | None) -> str:
    return "" if time is None else time[:16].replace("T", " ")


def _day(time: str | None) -> str:
    return "" if time is None else time[:10]


def _age(seconds: int) -> str:
    """Its largest unit, rounded down: an age is read at a glance."""
    for unit, name in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
