"""What is remembered of a user and how a delivery changes it: verdicts, and states that merge in any order. Pure.

Here are the types. What belongs to one kind of row (`merge`, `encode`, `decode`) is used by its module:
`connections.merge`, `coverage.decode`.
"""

from streams.tables.connections import Connection, Created
from streams.tables.coverage import Coverage, EventExtent
from streams.tables.draft import Draft, Fold, Punctuation
from streams.tables.drift_counts import DriftCount
from streams.tables.keys import state_key
from streams.tables.outputs import ASIDE, About, Arrival, CleanRecord, Dead, Emit, Handled, Observation, SignOfLife
from streams.tables.provenance import Provenance, provenance_of
from streams.tables.samples import SampleVerdicts
from streams.tables.sources import Maker, Policy, Rivals, is_compared
from streams.tables.verdicts import (
    EMITTED,
    FIRST_DELIVERY_MS,
    NEVER_US,
    EntityVerdict,
    StoredVersion,
    Verdict,
    Version,
    is_ahead,
    signed_hash,
)

__all__ = [
    "ASIDE",
    "EMITTED",
    "FIRST_DELIVERY_MS",
    "NEVER_US",
    "About",
    "Arrival",
    "CleanRecord",
    "Connection",
    "Coverage",
    "Created",
    "Dead",
    "Draft",
    "DriftCount",
    "Emit",
    "EntityVerdict",
    "EventExtent",
    "Fold",
    "Handled",
    "Maker",
    "Observation",
    "Policy",
    "Provenance",
    "Punctuation",
    "Rivals",
    "SampleVerdicts",
    "SignOfLife",
    "StoredVersion",
    "Verdict",
    "Version",
    "is_ahead",
    "is_compared",
    "provenance_of",
    "signed_hash",
    "state_key",
]
