"""A team's ETL pipeline made as it is wanted: look, send what differs, look again (domain file, 8).

A process that dies on the way loses nothing: the next one looks first, and what is sent twice is the same pipeline.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from connectors.junction.answer_json import objects, read_plain
from connectors.junction.etl_pipelines import EtlPipeline, Json
from connectors.junction.management import Management, open_management
from connectors.junction.pipeline_checks import check, check_teams
from connectors.junction.pipeline_differences import FieldDifference, differences
from connectors.junction.pipeline_secrets import revealed
from streams.ops import env_file
from streams.ops.settings import Settings

_ENDPOINT = "team_etl_pipelines"
ByTeam = Mapping[str, list[FieldDifference]]


class AppliedPipeline(NamedTuple):
    """`before`: what differed. `after`: what still does; None where nothing had to be sent."""

    before: ByTeam
    after: ByTeam | None

    @property
    def is_right(self) -> bool:
        """Nothing differs that can be seen."""
        return all(one.is_hidden for found in (self.after or {}).values() for one in found)

    def lines(self) -> Iterator[str]:
        """What happened, in sentences without a secret."""
        for team_id, found in self.before.items():
            if self.after is None:
                yield f"{team_id}: Junction has this pipeline already; nothing was sent"
                continue
            yield from (f"{team_id}: changed {one}" for one in found if not one.is_hidden)
            left = self.after[team_id]
            yield from (f"{team_id}: sent, but {one}" for one in left)
            if not left:
                yield f"{team_id}: sent, and Junction has it as it was sent"


async def plan(settings: Settings, pipeline: EtlPipeline) -> ByTeam:
    """What `set_up` would change. Raises as it does."""
    check(pipeline, insecure=settings.insecure)
    async with open_management(settings) as api:
        return await look(api, pipeline)


async def set_up(settings: Settings, pipeline: EtlPipeline) -> AppliedPipeline:
    """What `source setup --apply` does: checked, then sent to the Org Management API of the settings if it differs.

    Raises Misconfigured for what Junction cannot use and for a key that cannot do it, and as `Management.call` does.
    """
    check(pipeline, insecure=settings.insecure)
    env_file.check_address("junction_management_url", "a login of your broker")
    async with open_management(settings) as api:
        return await apply(api, pipeline)


async def apply(api: Management, pipeline: EtlPipeline) -> AppliedPipeline:
    """Send the body if it differs for any of its teams. Raises as `Management.call` does.

    `pipeline`: one that `pipeline_checks.check` let pass.
    """
    before = await look(api, pipeline)
    if not any(before.values()):
        return AppliedPipeline(before, None)
    await api.call("POST", _ENDPOINT, body=revealed(pipeline.body()))
    return AppliedPipeline(before, await look(api, pipeline))


async def look(api: Management, pipeline: EtlPipeline) -> ByTeam:
    """What differs, by team."""
    wanted = pipeline.body()
    return {team_id: differences(wanted, await there(api, team_id)) for team_id in pipeline.team_ids}


async def there(api: Management, team_id: str) -> Json | None:
    """The team's pipeline as Junction has it, secrets included; None where it has none."""
    answer = read_plain(await api.call("GET", _ENDPOINT, {"team_id": team_id}))
    rows = objects(answer.get("pipelines") if type(answer) is dict else None)
    return next((row for row in rows if str(row.get("team_id")).lower() == team_id.lower()), None)


async def take_down(settings: Settings, team_ids: tuple[str, ...]) -> list[str]:
    """Forget the pipelines of these teams: the way back to webhooks alone. Returns those that have one all the same.

    Raises as `set_up` does.
    """
    check_teams(team_ids)
    async with open_management(settings) as api:
        await remove(api, team_ids)
        return [team_id for team_id in team_ids if await there(api, team_id) is not None]


async def remove(api: Management, team_ids: tuple[str, ...]) -> None:
    """Without a team the call is documented as well, and may mean all of them: it is not made then."""
    if team_ids:
        await api.call("DELETE", _ENDPOINT, {"team_id": list(team_ids)})
