"""Which actions of a thing Junction documents, or once documented (domain file, 2.1 and 2.2).

Things are an open set, actions are not: what `created` of a new resource means is known, what `deleted` of a known one
means is not. To take any word for "this is how it is now" empties what was known, so an event with another action is
kept and passed on, and changes nothing.
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
_OPEN = ("labtest", "lab_report", "testkit")  # of these, things that we do not know are read like those that we know


def of_data(resource: str) -> frozenset[str]:
    """Of `daily.data.{resource}.*`."""
    return _OF_RESOURCE.get(resource, UPSERTS)


OF_HISTORY = frozenset({"created"})  # Junction's own pull is over: there is nothing that could be updated (5.1)


def of_control(prefix: str, thing: str) -> frozenset[str]:
    """Of `{prefix}.{thing}.*`; empty for what is no thing of ours."""
    return _OF_CONTROL.get(f"{prefix}.{thing}") or (UPSERTS if prefix in _OPEN else frozenset())
