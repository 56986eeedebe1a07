"""What `source setup` prints: the pipeline for Junction with its secrets masked, and what became of it."""

from connectors.junction.etl_pipelines import EtlPipeline
from connectors.junction.pipeline_secrets import body_text
from connectors.junction.pipeline_setup import AppliedPipeline, ByTeam
from streams.ops import addresses
from streams.ops.settings import Settings
from streams.ops.terminal import say


def print_pipeline(pipeline: EtlPipeline, settings: Settings) -> None:
    """Where it goes, and the body."""
    where = addresses.shown(settings.junction_management_url)
    org_id = settings.junction_org_id or "{org_id}"
    place = f"{settings.junction_environment}/{settings.junction_region}"
    say(f"POST {where}/v1/org/{org_id}/team_etl_pipelines/{place}")
    for line in body_text(pipeline.body()).splitlines():
        say(line)


def print_planned(found: ByTeam | None) -> None:
    """What --apply would change; None where there is no key to ask with."""
    for team_id, differences in (found or {}).items():
        for words in map(str, differences) if differences else ["as it is wanted"]:
            say(f"{team_id}: {words}")
    if found is None:
        say(
            "What Junction has is not known: set STREAMS_JUNCTION_MANAGEMENT_KEY and STREAMS_JUNCTION_ORG_ID to compare"
        )
    say("Nothing was sent: --apply does, where something differs")


def print_applied(applied: AppliedPipeline) -> None:
    """A sentence for each thing that was changed, or still differs."""
    for line in applied.lines():
        say(line)
