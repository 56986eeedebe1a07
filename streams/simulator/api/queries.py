"""Parameters as Junction's own framework checks them: what does not fit is a 422 in FastAPI's shape (6.5)."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from starlette.requests import Request

USERS_MAX = 500


class Invalid(Exception):
    """`detail`: FastAPI's list of errors."""

    def __init__(self, detail: list[Any]) -> None:
        super().__init__("422")
        self.detail = detail


def _date_or_time(value: str) -> str:
    if len(value) == 10:
        return date.fromisoformat(value).isoformat()
    moment = datetime.fromisoformat(value)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()[:19]
    except OverflowError:
        raise ValueError("out of range") from None


DateOrTime = Annotated[str, AfterValidator(_date_or_time)]


class UserPath(BaseModel):
    user_id: UUID


class WorkoutPath(BaseModel):
    workout_id: UUID


class ByProvider(BaseModel):
    provider: str = ""


class Times(ByProvider):
    """A date means its first second as start, and its last one as end."""

    start_date: DateOrTime
    end_date: DateOrTime | None = None
    next_cursor: str | None = None
    cursor: str | None = None

    def span(self, now: str) -> tuple[str, str]:
        """UTC to the second, without offset. `now`: the end where none is given."""
        return _with_time(self.start_date, "T00:00:00"), _with_time(self.end_date or now, "T23:59:59")


class Dates(ByProvider):
    start_date: date
    end_date: date | None = None

    def span(self, now: str) -> tuple[str, str]:
        end = self.end_date.isoformat() if self.end_date else now[:10]
        return f"{self.start_date.isoformat()}T00:00:00", f"{end}T23:59:59"


class OffsetPage(BaseModel):
    offset: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=USERS_MAX)


class Introspection(BaseModel):
    user_id: UUID | None = None
    provider: str | None = None
    user_limit: int = Field(50, ge=1)
    next_cursor: str | None = None
    cursor: str | None = None


def _with_time(said: str, time_of_day: str) -> str:
    return said + time_of_day if len(said) == 10 else said


Q = TypeVar("Q", bound=BaseModel)


def query(kind: type[Q], request: Request) -> Q:
    """Raises Invalid."""
    return _checked(kind, dict(request.query_params), "query")


def path(kind: type[Q], request: Request) -> Q:
    """Raises Invalid."""
    return _checked(kind, request.path_params, "path")


def _checked(kind: type[Q], given: Any, where: str) -> Q:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        rows = error.errors(include_url=False, include_context=False)
        raise Invalid([{**row, "loc": [where, *row["loc"]]} for row in rows]) from None


def invalid_cursor() -> Invalid:
    return Invalid([{"loc": ["query", "next_cursor"], "msg": "Invalid cursor", "type": "value_error"}])
