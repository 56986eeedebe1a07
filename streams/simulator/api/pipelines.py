"""A fake of the ETL pipelines of Junction's Org Management API (domain file, 8): who has which, per environment.

It pushes nothing. Bodies are checked as the published schema says, and more strictly: an unknown field is a 422, and so
is a matcher with both of a pair. A 422 echoes what it refuses, as Junction's framework does, secrets too. A field that
is absent stays as it was; Junction does not say what becomes of it.
"""

import json
from collections import Counter
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Json = dict[str, Any]
_Way = Literal["cloud_pubsub", "rabbitmq", "svix", "azure_amqp"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Place(BaseModel):
    org_id: UUID
    env: Literal["production", "sandbox"]
    region: Literal["us", "eu"]


class _Preferences(_Strict):
    preferred: _Way
    enabled: list[_Way]


class _PubSub(_Strict):
    project: str
    topic: str
    message_ordering: bool


class _Rabbit(_Strict):
    uri: str
    exchange: str


class _Svix(_Strict):
    regional: Literal[True] = True


class _Blobs(_Strict):
    connection_string: str
    container_name: str


class _Matcher(_Strict):
    event_type_prefix: str | None = None
    event_type_regex: str | None = None
    event_hub: str | None = None
    blob_storage: _Blobs | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "_Matcher":
        if (self.event_type_prefix is None) == (self.event_type_regex is None):
            raise ValueError("either event_type_prefix or event_type_regex")
        if (self.event_hub is None) == (self.blob_storage is None):
            raise ValueError("either event_hub or blob_storage")
        return self


class _Azure(_Strict):
    connection_string: str
    default_event_hub: str
    event_hub_matchers: list[_Matcher] = []
    compression: Literal["always", "auto"] = "auto"


class _Upsert(_Strict):
    team_ids: list[UUID] = []
    push_historical_data: bool | None = None
    provider_raw_data: bool | None = None
    preferences: _Preferences | None = None
    cloud_pubsub: _PubSub | None = None
    rabbitmq: _Rabbit | None = None
    svix: _Svix | None = None
    azure_amqp: _Azure | None = None
    event_type_prefixes: list[str] | None = None


class _First(BaseModel):
    """A team's first pipeline: what it answers has to have these."""

    preferences: _Preferences


_NEW: Json = {
    "push_historical_data": False,
    "provider_raw_data": False,
    "cloud_pubsub": None,
    "rabbitmq": None,
    "svix": None,
    "azure_amqp": None,
    "event_type_prefixes": None,
}


class FakePipelines:
    """`calls`: how many of each method were answered with 200."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._held: dict[tuple[str, str, str], dict[str, Json]] = {}

    async def answer(self, request: Request) -> Response:
        """To GET, POST or DELETE of a caller whose key was looked at."""
        try:
            place = _Place.model_validate(request.path_params)
            held = self._held.setdefault((str(place.org_id), place.env, place.region), {})
            if request.method == "POST":
                said: Any = _upsert(held, await request.body())
            else:
                team_ids = [str(UUID(text)) for text in request.query_params.getlist("team_id")]
                said = _delete(held, team_ids) if request.method == "DELETE" else _get(held, team_ids)
        except ValidationError as error:
            where = "path" if error.title == "_Place" else "body"
            rows = json.loads(error.json(include_url=False))
            return _refusal([{**row, "loc": [where, *row["loc"]]} for row in rows])
        except ValueError:
            return _refusal([{"loc": ["query", "team_id"], "msg": "Input should be a valid UUID", "type": "uuid"}])
        self.calls[request.method] += 1
        return JSONResponse(said)


def _refusal(detail: list[Json]) -> Response:
    return JSONResponse({"detail": detail}, 422)


def _get(held: dict[str, Json], team_ids: list[str]) -> Json:
    found = [held[one] for one in team_ids if one in held] if team_ids else list(held.values())
    return {"pipelines": found, "next_cursor": None}


def _delete(held: dict[str, Json], team_ids: list[str]) -> list[Json]:
    return [held.pop(one) for one in team_ids if one in held]


def _upsert(held: dict[str, Json], body: bytes) -> list[Json]:
    """Raises ValidationError, for a team's first pipeline without preferences, too."""
    given = json.loads(_Upsert.model_validate_json(body).model_dump_json())
    team_ids = given.pop("team_ids")
    changes = {name: value for name, value in given.items() if value is not None}
    if any("preferences" not in held.get(one, changes) for one in team_ids):
        _First.model_validate(changes)
    for one in team_ids:
        held[one] = {"team_id": one, **_NEW, **held.get(one, {}), **changes}
    return [held[one] for one in team_ids]
