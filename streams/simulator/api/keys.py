"""The keys that the fake API takes. They open nothing else, and whoever needs them need not load a world."""

from streams.simulator.management.keys import MANAGEMENT_KEY

__all__ = ["KEY", "MANAGEMENT_KEY"]
KEY = "sk_us_fake"
