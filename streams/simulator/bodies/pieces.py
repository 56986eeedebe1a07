"""What several kinds of objects have."""

from typing import Any

from streams.simulator.people.links import Source

Json = dict[str, Any]


def flat_source(source: Source) -> Json:
    """The source of objects that keep it beside their other fields (domain file, 2.6)."""
    return {
        "source_provider": source.provider,
        "source_type": source.type,
        "source_app_id": source.app_id,
        "source_device_id": source.device_id,
    }
