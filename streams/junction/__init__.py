"""Junction's Data Access API: one outside system behind one client, and the events that its answers become.

async with open_client(settings) as client:
    page = await client.page("sleep", user_id, (start_us, end_us), "oura")
    events = bodies(page, user_id)      # what the webhook of the same data would have been
"""

from streams.junction.bodies import bodies, fitting
from streams.junction.client import Client, open_client
from streams.junction.endpoints import has_endpoint
from streams.junction.errors import NotAuthorized, Refused, Trouble, TryLater
from streams.junction.pages import Page
from streams.junction.walk import Trail, follow, walk

__all__ = [
    "Client",
    "NotAuthorized",
    "Page",
    "Refused",
    "Trail",
    "Trouble",
    "TryLater",
    "bodies",
    "fitting",
    "follow",
    "has_endpoint",
    "open_client",
    "walk",
]
