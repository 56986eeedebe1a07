"""Which texts are ids of deliveries, and what is said of those that are none."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.message_ids import new_message_id
from streams.events.text import ID_CHARS_MAX
from streams.lineage.delivery.delivery_ids import FORMS, IdForm, delivery_id
from streams.ops.errors import Misconfigured
from streams.tables.history.request import new_id

MADE_MS = 1_780_500_000_000
MESSAGE = new_message_id(MADE_MS, bytes(15))


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (MESSAGE, IdForm.MESSAGE),
        ("msg_recorded_" + "a" * 32, IdForm.SIGNED),
        ("msg_" + "z" * 27, IdForm.SIGNED),  # beyond what 20 bytes can hold: no KSUID
        (f"{new_id('m', 'u')}.12.0", IdForm.PAGE),
        (f"{new_id('m', 'u')}.w-1.1780500000000.3", IdForm.PAGE),
        ("daily.data.sleep.created/6f1c", IdForm.PIPELINE),
        ("-/word of a sender", IdForm.PIPELINE),
        (f"daily.data.sleep.created/{hashlib.sha256(b'').hexdigest()}", IdForm.PIPELINE),
        (f"sha256:{hashlib.sha256(b'').hexdigest()}", IdForm.CONTENT),
        ("probe_1", IdForm.PROBE),
        ("something-else", IdForm.OTHER),
    ],
)
def test_each_form_is_known(text: str, form: IdForm) -> None:
    """Ids as our doors make them have their form, with spaces of a clipboard around them, too."""
    assert delivery_id(f" {text}\n") == delivery_id(text)
    assert (delivery_id(text).text, delivery_id(text).form) == (text, form)


def test_the_time_in_a_message_id() -> None:
    """Only a KSUID says when Junction made a delivery, to four milliseconds."""
    assert delivery_id(MESSAGE).made_ms == MADE_MS
    assert delivery_id("msg_recorded_1").made_ms is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "a" * 1_048_576, "msg_\0", "../../etc/passwd", "a/../b", "..", "msg_\ud800", "a\u2028b", "a\x1b[2J"],
)
def test_what_is_no_id_is_told_the_forms(text: str) -> None:
    """Bad input is a sentence that says which forms there are, and repeats nothing of the input."""
    with pytest.raises(Misconfigured) as caught:
        delivery_id(text)
    assert FORMS[1:] in str(caught.value)
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()


def test_the_longest_id() -> None:
    """As long as a door takes one, and no longer."""
    assert delivery_id("a" * ID_CHARS_MAX).form is IdForm.OTHER
    with pytest.raises(Misconfigured, match="257 characters"):
        delivery_id("a" * (ID_CHARS_MAX + 1))


@given(st.text(max_size=ID_CHARS_MAX + 5))
def test_any_text_is_an_id_or_a_sentence(text: str) -> None:
    """Nothing else is raised, and an id is printable and bounded."""
    try:
        found = delivery_id(text)
    except Misconfigured:
        return
    assert found.text.isprintable()
    assert 0 < len(found.text) <= ID_CHARS_MAX
