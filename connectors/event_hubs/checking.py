"""`source check eventhubs`: what stands in Event Hubs → what is right, to look at, and wrong."""

from collections.abc import Iterator

from connectors.contract.receiving import BYTES_MAX
from connectors.event_hubs.access import HubAccess, read_access
from connectors.event_hubs.source import HELD_BYTES_MAX
from connectors.event_hubs.standing import StandingHub, look
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.lines import Line, State, look_at, ok, wrong
from streams.ops.settings import MIB, Settings

HOUR_MS = 3_600_000
FEW_HOURS = 72  # over a long weekend nobody may see that the door stands
DEFAULT_GROUP = "$Default"
_RETENTION = "az eventhubs eventhub update --retention-time HOURS; Standard keeps 168 at most, Premium 2160"


def check(settings: Settings) -> list[Line]:
    """A line a finding. Raises Misconfigured where the settings say no hub."""
    access = read_access(settings)
    try:
        return list(judge(look(settings), access, settings))
    except Unavailable as error:
        what = "the address, the firewall for port 9093, and the tier: Basic has no Kafka endpoint"
        return [Line(State.SILENT, "Event Hubs", str(error), f"look at {what}")]
    except Misconfigured as error:
        return [wrong("login", str(error), "az eventhubs namespace authorization-rule list; the policy needs Listen")]


def judge(found: StandingHub, access: HubAccess, settings: Settings) -> Iterator[Line]:
    """Pure."""
    yield ok("Event Hubs", f"{access.server} takes the login of policy {access.policy}")
    if not found.partitions:
        yield wrong("hub", f"there is no hub {access.hub}", f"az eventhubs eventhub create --name {access.hub}")
        return
    yield ok("hub", f"{access.hub} has {found.partitions} partitions; so many doors can share it")
    yield _policy(access)
    yield _group(settings.event_hubs_group)
    yield _retention(found)
    if found.expired:
        lost = f"{found.expired:,} messages expired before they were read"
        yield wrong("expired", lost, "junction-streams reconcile; it fetches what is missing")
    yield _waiting(found)
    yield _memory(settings)


def _policy(access: HubAccess) -> Line:
    if access.policy == "RootManageSharedAccessKey":
        return look_at(
            "policy", "this is the key that may do everything", "make a policy with Listen alone: docs/doors.md"
        )
    return ok("policy", f"{access.policy} may read; Kafka's protocol does not show what more it may")


def _group(group: str) -> Line:
    if group == DEFAULT_GROUP:
        taken = "whoever else reads as $Default takes events from us, and nobody sees it"
        return look_at("group", taken, "name one of our own in STREAMS_EVENT_HUBS_GROUP")
    return ok("group", f"{group}; nobody else may read as it")


def _retention(found: StandingHub) -> Line:
    if found.retention_ms is None:
        return look_at("retention", "this policy is not told how long messages are kept", _RETENTION)
    hours = found.retention_ms // HOUR_MS
    kept = f"what is not read within {hours:,} hours is gone"
    return (
        ok("retention", kept)
        if hours >= FEW_HOURS or found.retention_ms < 0
        else look_at("retention", kept, _RETENTION)
    )


def _waiting(found: StandingHub) -> Line:
    doors = "" if found.members is None else f", {found.members} doors read"
    waiting = f"{found.waiting:,} messages wait{doors}{'; this group has read none yet' if found.is_new else ''}"
    if found.waiting and found.members == 0:
        return look_at("waiting", waiting, "junction-streams source eventhubs")
    return ok("waiting", waiting)


def _memory(settings: Settings) -> Line:
    ahead = 2 * settings.event_hubs_fetch_bytes  # one answer may arrive while there is almost no room
    unpacked = 2 * (BYTES_MAX + settings.body_bytes_max)  # the bodies, and their copies on the way to Kafka
    most = ahead + HELD_BYTES_MAX + MIB + unpacked
    return ok(
        "memory",
        f"at worst {most // MIB} MiB: {ahead // MIB} fetched ahead (twice STREAMS_EVENT_HUBS_FETCH_BYTES), "
        f"{(HELD_BYTES_MAX + MIB) // MIB} held, {unpacked // MIB} unpacked and on the way",
    )
