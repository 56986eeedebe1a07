"""Ids and words, shorter than their text."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.tables.summaries.short_texts import WORDS, pack_id, unpack_id, unpack_word, word

UUID_TEXT = "0b7c5a3e-3d8a-42af-9f7a-50ba93b02885"


@given(st.uuids())
def test_a_uuid_is_16_bytes(uuid: UUID) -> None:
    """In the one spelling of ids."""
    assert pack_id(str(uuid)) == uuid.bytes
    assert unpack_id(uuid.bytes) == str(uuid)


@given(st.text(max_size=40) | st.text("0123456789abcdefABCDEF- \n", min_size=36, max_size=36))
def test_every_id_comes_back(text: str) -> None:
    """Whatever it is."""
    assert unpack_id(pack_id(text)) == text


@pytest.mark.parametrize(
    "text",
    [UUID_TEXT.upper(), UUID_TEXT.replace("-", " "), f"{UUID_TEXT[:-1]}-", UUID_TEXT.replace("0b7c5a3e-", "-0b7c5a3e")],
)
def test_what_only_looks_like_a_uuid_stays_text(text: str) -> None:
    """36 characters that 16 bytes would give back in another form."""
    assert pack_id(text) == text


def test_words_keep_their_places() -> None:
    """Rows have the place: new words go to the end, and none is taken out or moved."""
    assert WORDS[:23] == (
        *("created", "updated", "unavailable", "webhook", "api", "incremental", "historical", "unknown", "automatic"),
        *("watch", "ring", "chest_strap", "scale", "cuff", "fingerprick", "manual_scan", "phone", "app"),
        *("multiple_sources", "lab", "insulin_pump", "exercise_machine", "earphone"),
    )
    assert [unpack_word(word(text, text)) for text in (*WORDS, "new")] == [*WORDS, "new"]
    assert word("new", "new") == "new"
