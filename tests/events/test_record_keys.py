"""Keys of records: the owner first."""

from streams.events.identity import Identity
from streams.events.record_keys import raw_key
from streams.events.types import parse_type

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"


def test_a_raw_key_is_user_and_resource() -> None:
    """`user_id:resource`; the team stands in where there is no user."""
    sleep, lab = parse_type("daily.data.sleep.created"), parse_type("labtest.match_review.created")
    assert raw_key(Identity(sleep, USER, "team")) == f"{USER}:sleep".encode()
    assert raw_key(Identity(lab, "", "team")) == b"team:match_review"
