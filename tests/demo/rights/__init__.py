"""The demo's sink."""
