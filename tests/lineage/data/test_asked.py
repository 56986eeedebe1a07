"""Users in a person's words."""

import pytest

from streams.lineage.data.asked import user_id_asked
from streams.ops.errors import Misconfigured


def test_who_is_forgotten_is_named_by_a_user_id() -> None:
    """Rows lie under it: an app's own id would be put on the list, and delete nothing."""
    user = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
    assert user_id_asked(f" {user.upper()} ") == user
    for other in ("patient-0", "5f0c2c0e", user[:-1]):
        with pytest.raises(Misconfigured, match="is no user id"):
            user_id_asked(other)
