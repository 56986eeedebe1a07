"""A body as bytes: what is broken in its JSON, how much it may hold, which of its names may be shown. Pure.

mend             JSON with broken characters and numbers, made strict
body_bounds      how many values a body may hold
gunzip           a packed body, unpacked with bounds
places           places in a body, as they may be shown
"""

from streams.events.text.body_bounds import ID_CHARS_MAX
from streams.events.text.mend import REPLACEMENT, Mended, mended

__all__ = [
    "ID_CHARS_MAX",
    "REPLACEMENT",
    "Mended",
    "mended",
]
