"""The actions that Junction documents, or once documented, by resource or thing (domain file, 2.1 and 2.2).

Resources are an open set, actions are not: the meaning of `created` of a new resource is known, that of `deleted` of a
known one is not. To read any action as an update could empty what is stored, so an event with another action is kept
and passed on, and changes nothing.
"""

UPSERTS = frozenset({"created", "updated"})  # both mean: this is how it is now (2.1)

_OF_RESOURCE = {"workout_stream": UPSERTS | {"unavailable"}}  # until 2024 (2.2)
_OF_CONTROL = {
    "provider.connection": frozenset({"created", "error"}),
    "provider.device": UPSERTS,
    "continuous_query.result_table": frozenset({"changed"}),
    "labtest.result": frozenset({"critical"}),
    "labtest.order_tracking": frozenset({"updated"}),
    "testkit.order": frozenset({"updated"}),  # labtest's first name
}
_OPEN = ("labtest", "lab_report", "testkit")  # unknown things of these prefixes have the actions of known ones


def of_data(resource: str) -> frozenset[str]:
    """The actions of `daily.data.{resource}.*`."""
    return _OF_RESOURCE.get(resource, UPSERTS)


OF_HISTORY = frozenset({"created"})  # Junction's own pull is complete: a notice is never updated (5.1)


def of_control(prefix: str, thing: str) -> frozenset[str]:
    """The actions of `{prefix}.{thing}.*`; empty for an unknown prefix."""
    return _OF_CONTROL.get(f"{prefix}.{thing}") or (UPSERTS if prefix in _OPEN else frozenset())
