"""The doors that are compared: those by which Junction sends. What we fetched came by none of them."""

from streams.events import DoorName

DOORS: tuple[DoorName, ...] = (DoorName.WEBHOOK, DoorName.RABBITMQ, DoorName.PUBSUB, DoorName.AZURE)
NUMBERS: dict[bytes, int] = {name.encode(): number for number, name in enumerate(DOORS)}  # as rows have them
WEBHOOK = DOORS.index(DoorName.WEBHOOK)
