"""The keys that the fake API takes. They open nothing else, and whoever needs them need not load a world."""

KEY = "sk_us_fake"
MANAGEMENT_KEY = "mg_fake"
