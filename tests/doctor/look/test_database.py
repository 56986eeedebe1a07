"""The sink's PostgreSQL, as the doctor finds it."""

import pytest
from pydantic import SecretStr

from streams.doctor.look import database as look
from streams.ops.errors import Misconfigured
from streams.ops.lines import State
from streams.ops.settings import Settings


def test_a_database(database: str) -> None:
    """It lets us in, the schema may be made, its clock is ours; one that is not there is said."""
    settings = Settings(_env_file=None, postgres_url=SecretStr(database))
    there, clock = look.database(settings)
    assert (there.state, clock.state) == (State.OK, State.OK)
    assert "schema junction is made by the first" in there.found
    wrong = database.rpartition("/")[0] + "/no-such-database"
    with pytest.raises(Misconfigured, match="no such database"):
        look.database(settings.model_copy(update={"postgres_url": SecretStr(wrong)}))
