"""Links of users to providers, and the sources of data behind them."""

from collections.abc import Iterator
from dataclasses import dataclass

from streams.simulator.people.providers import APPLE, Provider


@dataclass(frozen=True, slots=True)
class Source:
    """One stream of data: a link's resource from one source type."""

    provider: str
    name: str
    type: str
    app_id: str | None = None
    device_id: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One user's link to one provider. `device_id` is empty for providers without devices."""

    provider: Provider
    resources: tuple[str, ...]
    device_id: str
    delay_ms: int

    def sources(self, resource: str) -> Iterator[Source]:
        """Where a resource of this link comes from; `app_id` is documented for summaries of phone SDKs only (3.7)."""
        for kind in self.provider.types_of(resource):
            app = f"com.apple.health.{self.device_id}" if self.provider is APPLE and resource in _WITH_APP else None
            device = self.device_id if self.provider.has_devices and resource not in _WITHOUT_DEVICE else None
            yield Source(self.provider.slug, self.provider.name, kind, app, device)


_WITH_APP = frozenset({"activity", "sleep", "workouts", "meal"})
_WITHOUT_DEVICE = frozenset({"body", "fat", "weight"})  # Withings does not name the device for these (3.7)
