"""Events that are no data: connections, devices, finished history, labs, queries, checkout, and words nobody knows yet.

Shapes: domain file, 2.3, 4.1, 4.2, 4.6 and 5.1. Who has which story follows from the person's number, so that a small
world holds every story.
"""

from collections.abc import Iterator
from typing import Any

from streams.events import DAY_MS, HOUR_MS
from streams.simulator.calendar import iso
from streams.simulator.people.links import Link
from streams.simulator.people.population import TEAM_ID, Person
from streams.simulator.people.providers import Provider
from streams.simulator.world.notices import Notices, notices_of
from streams.simulator.world.plan import Planned, by_time, known

Json = dict[str, Any]
_ORDER = (
    "received.testkit.ordered",
    "collecting_sample.testkit.transit_customer",
    "sample_with_lab.testkit.delivered_to_lab",
    "completed.testkit.completed",
)


def control_of(person: Person, start_ms: int, end_ms: int, days: int, notices: Notices) -> list[Planned]:
    """All control events of a person, sorted by time. `days`: of history before `start_ms`."""
    planned: list[Planned] = []
    for place, link in enumerate(person.links):
        if link.provider.slug != "labcorp":  # a laboratory is nothing that a user connects
            planned += _link(person, link, place, start_ms, end_ms)
            for at_ms in connections(person, link, place, start_ms, end_ms):
                planned += notices_of(person, link, at_ms, days, notices)
    planned += _lab(person, start_ms, end_ms) if person.index % 4 == 1 else []
    planned += _queries(person, start_ms, end_ms) if person.index % 3 == 0 else []
    planned += _unknown(person, start_ms, end_ms) if person.index % 6 == 5 else []
    return sorted((event for event in planned if event.at_ms < end_ms), key=by_time)


def _at(start_ms: int, end_ms: int, share: float) -> int:
    return start_ms + int((end_ms - start_ms) * share)


def connections(person: Person, link: Link, place: int, start_ms: int, end_ms: int) -> list[int]:
    """When a link is made: once, or again while it holds (4.4), or again after it broke. `place`: among the links."""
    again = {1: 0.3, 2: 0.55}.get(_story(person, place))
    return [start_ms + link.delay_ms, *([] if again is None else [_at(start_ms, end_ms, again)])]


def failure(person: Person, place: int, start_ms: int, end_ms: int) -> tuple[int, str] | None:
    """When and why a link broke: for a while, or for good; None where it did not."""
    if _story(person, place) == 2:
        return _at(start_ms, end_ms, 0.4), "token_refresh_failed"
    if _story(person, place) == 4:
        return _at(start_ms, end_ms, 0.8), "deregistered_per_provider"
    return None


def _story(person: Person, place: int) -> int:
    return person.index % 5 if place == 0 else 0


def _link(person: Person, link: Link, place: int, start_ms: int, end_ms: int) -> Iterator[Planned]:
    for at_ms in connections(person, link, place, start_ms, end_ms):
        yield Planned(at_ms, "provider.connection.created", known(_created(person, link)))
    if broke := failure(person, place, start_ms, end_ms):
        yield _error(person, link, *broke)
    if link.provider.has_devices:
        yield Planned(
            start_ms + link.delay_ms + 30_000, "provider.device.created", known(device(person, link, "1.0.4"))
        )
        yield Planned(_at(start_ms, end_ms, 0.5), "provider.device.updated", known(device(person, link, "1.1.0")))


def provider_object(provider: Provider) -> Json:
    return {
        "name": provider.name,
        "slug": provider.slug,
        "logo": f"https://example.org/logo/{provider.slug}.png",
    }


def _created(person: Person, link: Link) -> Json:
    return {
        "user_id": person.user_id,
        "provider": provider_object(link.provider),
        "external_user_id": f"external-{person.index}",
        "resource_availability": availability(link),
    }


def availability(link: Link) -> Json:
    """Which resources the user allowed."""
    available: Json = {name: {"status": "available", "scope_requirements": None} for name in link.resources}
    denied = {"user_granted": _scopes(), "user_denied": _scopes("profile")}
    if "profile" not in available:
        available["profile"] = {"status": "unavailable", "scope_requirements": denied}
    return available


def _scopes(*required: str) -> Json:
    return {"required": list(required), "optional": []}


def _error(person: Person, link: Link, at_ms: int, error_type: str) -> Planned:
    data = {
        "user_id": person.user_id,
        "provider": link.provider.slug,
        "message": "The connection needs to be renewed by the user.",
        "error_type": error_type,
        "error_details": "refused by the provider",
    }
    return Planned(at_ms, "provider.connection.error", known(data))


def device(person: Person, link: Link, version: str) -> Json:
    return {
        "id": link.device_id,
        "user_id": person.user_id,
        "provider": link.provider.slug,
        "source_type": link.provider.types[0],
        "app_id": None,
        "device_manufacturer": link.provider.name,
        "device_model": "Model One",
        "device_version": version,
        "device_id": f"serial-{person.index}",
    }


def _lab(person: Person, start_ms: int, end_ms: int) -> Iterator[Planned]:
    """A test kit from order to result, an appointment, and an uploaded report that is parsed."""
    order_id = person.new_id("order")
    began = iso(start_ms)
    steps: list[Json] = []
    for place, status in enumerate(_ORDER):
        at_ms = _at(start_ms, end_ms, 0.1 + 0.2 * place)
        steps = [*steps, {"id": place + 1, "created_at": iso(at_ms), "status": status}]
        order = _order(person, order_id, steps, began, iso(at_ms))
        yield Planned(at_ms, f"labtest.order.{'updated' if place else 'created'}", known(order))
    own: Json = {"user_id": person.user_id, "order_id": order_id}
    for place, status in enumerate(("scheduled", "completed")):
        data = own | {"id": person.new_id("appointment"), "status": "confirmed", "event_status": status, "events": []}
        action = "updated" if place else "created"
        yield Planned(_at(start_ms, end_ms, 0.15 + 0.3 * place), f"labtest.appointment.{action}", known(data))
    estimates = {"original_estimate": began, "current_estimate": iso(_at(start_ms, end_ms, 0.7))}
    tracking: Json = {"order_id": order_id, "expected_at": {"final_results": estimates}, "markers": [], "updates": []}
    tracking["collected_at"] = {"collected_at": iso(_at(start_ms, end_ms, 0.5)), "is_inferred": False}
    yield Planned(_at(start_ms, end_ms, 0.6), "labtest.order_tracking.updated", known(tracking))
    for place, status in enumerate(("partial", "final")):
        data = own | {"sample_id": f"S-{person.index}", "status": status, "interpretation": "critical"}
        data |= {"team_id": TEAM_ID, "created_at": began, "updated_at": began}
        yield Planned(_at(start_ms, end_ms, 0.65 + 0.05 * place), "labtest.result.critical", known(data))
    for place, status in enumerate(("started", "completed")):
        job: Json = {"id": person.new_id("job"), "status": status, "failure_reason": None, "data": None}
        job |= {"needs_human_review": False, "is_reviewed": False}
        action = "updated" if place else "created"
        yield Planned(_at(start_ms, end_ms, 0.75 + 0.1 * place), f"lab_report.parsing_job.{action}", known(job))


def _order(person: Person, order_id: str, steps: list[Json], created_at: str, updated_at: str) -> Json:
    is_done = len(steps) == len(_ORDER)
    return {
        "id": order_id,
        "user_id": person.user_id,
        "sample_id": f"S-{person.index}",
        "status": steps[-1]["status"].partition(".")[0],
        "last_event": steps[-1],
        "events": steps,
        "order_transaction": {"id": person.new_id("transaction"), "status": "completed" if is_done else "active"},
        "patient_details": {"first_name": "Robin", "last_name": f"Sample-{person.index}", "gender": person.sex},
        "lab_test": {"id": person.new_id("test"), "name": "Lipid panel", "method": "testkit"},
        "interpretation": "normal" if is_done else None,
        "has_missing_results": False if is_done else None,
        "priority": False,
        "created_at": created_at,
        "updated_at": updated_at,
    }


def _queries(person: Person, start_ms: int, end_ms: int) -> Iterator[Planned]:
    """`$.data` is an array here, and only here (1.1). The row of the day before comes again, with a better minimum."""
    times = range(start_ms + 9 * HOUR_MS, end_ms, DAY_MS)
    for n, at_ms in enumerate(times):
        days = [n - 1, n] if n else [0]
        columns: Json = {"group_key.0": [iso(times[day]) for day in days]}
        columns |= {"mean.sleep_score": [70.5 + day for day in days], "min.sleep_score": [61 + n - day for day in days]}
        data = [{"query_id": person.new_id("query"), "query_slug": "weekly-sleep", "data": columns}]
        yield Planned(at_ms, "continuous_query.result_table.changed", known(data))


def _unknown(person: Person, start_ms: int, end_ms: int) -> Iterator[Planned]:
    """A resource and an event type that are not in the catalogue of today: kept and passed on, never lost."""
    glow = {"user_id": person.user_id, "id": person.new_id("glow"), "level": 3}
    yield Planned(_at(start_ms, end_ms, 0.25), "daily.data.skin_glow.created", known(glow))
    insight = {"user_id": person.user_id, "kind": "trend"}
    yield Planned(_at(start_ms, end_ms, 0.45), "sense.insight.created", known(insight))


def team_events(users: int, new_id: Any, start_ms: int, end_ms: int) -> list[Planned]:
    """Events that name the team only: match reviews and checkout (1.1). `new_id`: words to a UUID."""
    planned: list[Planned] = []
    for n in range(1 + users // 10):
        shift = n * 1000
        session = {"checkout_session_id": new_id("session", n), "status": "unpaid", "order_id": None}
        review = {"id": new_id("review", n), "decision_code": None, "sub_reason_codes": [], "resolved_user_id": None}
        rows = [
            (0.2, "labtest.match_review.created", review | {"status": "pending_customer_review"}),
            (0.3, "labtest.match_review.updated", review | {"status": "resolved"}),
            (0.4, "checkout.quote.created", {"id": new_id("quote", n), "priority": False, "us_state": "AZ"}),
            (0.5, "checkout.session.created", session),
            (0.6, "checkout.session.updated", session | {"status": "paid", "order_id": new_id("order", n)}),
        ]
        planned += [Planned(_at(start_ms, end_ms, at) + shift, kind, known(data)) for at, kind, data in rows]
    return sorted(planned, key=by_time)
