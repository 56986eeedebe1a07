"""What a comparison finds: a verdict on each resource of a user. Pure.

| verdict | meaning | fetched again |
|---|---|---|
| complete | Junction's pull is through and we have its days | |
| no_data | Junction has nothing there | |
| pulling | Junction is not through with its own pull | |
| fetching | our fetch is under way | |
| days_missing | our fetch is through, or the history was pushed, and days are missing | the pulled range, once a day |
| not_fetched | pulled, and never fetched: the notice did not come, or nobody fetched | the pulled range |
| stuck | our fetch has not moved for STUCK_S | the pulled range |
| failed_here | our fetch failed | the pulled range |
| behind | Junction has newer data than we | from our newest data on |
| older_missing | Junction has older data than we, outside of what it pulled | up to our oldest data |
| failed_there | Junction's own pull failed; only a new connection, or Junction, can mend it | |
| not_pulled | Junction does not pull this resource | |
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from connectors.history.reconcile.reports import ResourceReport
from streams.tables.history import Span


class ReconcileVerdict(StrEnum):
    COMPLETE = "complete"
    NO_DATA = "no_data"
    PULLING = "pulling"
    FETCHING = "fetching"
    DAYS_MISSING = "days_missing"
    NOT_FETCHED = "not_fetched"
    STUCK = "stuck"
    FAILED_HERE = "failed_here"
    BEHIND = "behind"
    OLDER_MISSING = "older_missing"
    FAILED_THERE = "failed_there"
    NOT_PULLED = "not_pulled"


GOOD = frozenset(
    {
        ReconcileVerdict.COMPLETE,
        ReconcileVerdict.NO_DATA,
        ReconcileVerdict.PULLING,
        ReconcileVerdict.FETCHING,
        ReconcileVerdict.NOT_PULLED,
    }
)


class ResourceFinding(NamedTuple):
    """One resource. `span`: what to fetch, µs since 1970, UTC; None: nothing that a fetch would mend."""

    provider: str
    resource: str
    verdict: ReconcileVerdict
    report: ResourceReport
    days_ours: int
    newest_us: int | None
    span: Span | None = None
    backfill: str = ""  # status of ours

    @property
    def is_good(self) -> bool:
        return self.verdict in GOOD


@dataclass(frozen=True, slots=True)
class UserReconciliation:
    """One user. `asked`: spans requested from the fetchers. `trouble`: why it could not be compared, a constant name;
    then there are no findings."""

    user_id: str
    findings: list[ResourceFinding]
    asked: int = 0
    trouble: str = ""

    @property
    def is_complete(self) -> bool:
        return not self.trouble and all(finding.is_good for finding in self.findings)

    def brief(self) -> "UserReconciliation":
        """What a summary of everybody needs: 100,000 users with all that was compared would not fit."""
        kept = [_brief(one.provider, one.resource, one.verdict) for one in self.findings]
        return UserReconciliation(self.user_id, kept, self.asked, self.trouble)


@lru_cache(10_000)  # the words are few: they are those of our own lists, and of providers
def _brief(provider: str, resource: str, verdict: ReconcileVerdict) -> ResourceFinding:
    return ResourceFinding(provider, resource, verdict, ResourceReport(), 0, None)
