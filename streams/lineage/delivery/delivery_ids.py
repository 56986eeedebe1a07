"""Delivery ids as a person gives them: which form one has, and what it says by itself. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from streams.events.doors import CONTENT_ID
from streams.events.message_ids import ksuid_time_ms
from streams.events.probe import ID_PREFIX
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Misconfigured

FORMS = (
    "ids of deliveries are: msg_ and 27 letters and digits (a webhook), bf_..., a number, a number (fetched by us), an "
    f"event type, / and the sender's word (a pipeline), {CONTENT_ID} and 64 hex digits (a pipeline that gave no word)"
)


class IdForm(StrEnum):
    """Who made an id. `SIGNED`: of a webhook, without a time inside. `OTHER`: none of those that we know."""

    MESSAGE = "message"
    SIGNED = "signed"
    PAGE = "page"
    PIPELINE = "pipeline"
    CONTENT = "content"
    PROBE = "probe"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DeliveryId:
    """`made_ms`: when Junction made the delivery, the time in its id, Unix ms; None where the id has none."""

    text: str
    form: IdForm
    made_ms: int | None = None

    @property
    def is_webhook(self) -> bool:
        """Whether Junction sends it again by itself until it is taken."""
        return self.form in (IdForm.MESSAGE, IdForm.SIGNED)


_FORMS = (
    (IdForm.PROBE, re.compile(rf"{ID_PREFIX}[!-~]+")),
    (IdForm.SIGNED, re.compile(r"msg_[!-\-/-~]+")),
    (IdForm.PAGE, re.compile(r"bf_[0-9a-f]{32}\.[^/\s]+\.\d+")),
    (IdForm.CONTENT, re.compile(rf"{CONTENT_ID}[0-9a-f]{{64}}")),
    (IdForm.PIPELINE, re.compile(r"(?:-|\w+(?:\.\w+)*)/.+", re.ASCII)),
)


def delivery_id(text: str) -> DeliveryId:
    """The id in a person's words; spaces around it do not count. Raises Misconfigured, saying which forms there are.

    One whose form is OTHER may still be that of a delivery: a door of ours keeps what its sender called it.
    """
    text = text.strip(" \t\r\n")
    if why := _fault(text):
        raise no_id(why)
    made_ms = ksuid_time_ms(text)
    if made_ms is not None:
        return DeliveryId(text, IdForm.MESSAGE, made_ms)
    return DeliveryId(text, next((form for form, looks in _FORMS if looks.fullmatch(text)), IdForm.OTHER))


def no_id(why: str) -> Misconfigured:
    """What is said of a text that is no id. `why`: what is wrong with it, without the text."""
    return Misconfigured(f"no id of a delivery: {why}. {FORMS[0].upper()}{FORMS[1:]}")


def _fault(text: str) -> str:
    if not text:
        return "it is empty"
    if len(text) > ID_CHARS_MAX:
        return f"it has {len(text):,} characters, and no id has more than {ID_CHARS_MAX}"
    if not text.isprintable():  # control characters, line separators, halves of surrogate pairs
        return "it has characters that cannot be printed"
    if {".", ".."} & set(text.split("/")):
        return "it is a path"
    return ""
