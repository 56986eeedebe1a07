"""What `verify` prints: one record with who signed it and when, or the counts of a span."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from connectors.webhook.proofs import ProvedRecord
from streams.cli.show.progress import progress
from streams.events import times
from streams.events.proof import ProofVerdict
from streams.ops import terminal
from streams.ops.terminal import line, pairs

NAMED_MAX = 20  # places of what is not proved
_TOLD_EVERY = 1000


def print_proof(one: ProvedRecord, *, as_json: bool) -> bool:
    """One record. Returns whether nothing is wrong with it."""
    if as_json:
        terminal.machine(_fields(one))
        return one.proof.is_good
    proof = one.proof
    is_signed = bool(proof.fingerprint)
    rows = [
        ("record", _place(one)),
        ("delivery", proof.delivery_id),
        ("endpoint", proof.endpoint),
        ("signed at", times.text_of_seconds(proof.signed_at_s) if proof.signed_at_s else ""),
        ("signed by", _signer(one) if is_signed else ""),
        ("body", f"{one.size_bytes:,} bytes, as they were signed" if is_signed else f"{one.size_bytes:,} bytes"),
    ]
    console = terminal.console()
    console.print(pairs(row for row in rows if row[1]))
    console.print(line((proof.verdict, "green" if proof.is_good else "red"), f"  {proof.why}" if proof.why else ""))
    return proof.is_good


def _fields(one: ProvedRecord) -> dict[str, Any]:
    proof = one.proof
    return {
        "topic": one.topic,
        "partition": one.partition,
        "offset": one.offset,
        "verdict": proof.verdict,
        "why": proof.why,
        "endpoint": proof.endpoint,
        "delivery_id": proof.delivery_id,
        "signed_at": times.text_of_seconds(proof.signed_at_s) if proof.signed_at_s else None,
        "signed_by": {"owner": proof.owner, "fingerprint": proof.fingerprint, "position": proof.position}
        if proof.fingerprint
        else None,
        "body_bytes": one.size_bytes,
    }


class Tally:
    """Records by what is proved of them, by who signed them, and the first of those that are not proved."""

    def __init__(self) -> None:
        self.verdicts: Counter[ProofVerdict] = Counter()
        self.signers: Counter[tuple[str, str, int]] = Counter()
        self.wrong: list[ProvedRecord] = []

    def add(self, one: ProvedRecord) -> None:
        proof = one.proof
        self.verdicts[proof.verdict] += 1
        if proof.verdict is ProofVerdict.VERIFIED:
            self.signers[proof.owner, proof.fingerprint, proof.position] += 1
        elif not proof.is_good and len(self.wrong) < NAMED_MAX:
            self.wrong.append(one)

    @property
    def n_wrong(self) -> int:
        """How many are not proved, and should be."""
        good = self.verdicts[ProofVerdict.VERIFIED] + self.verdicts[ProofVerdict.OTHER_DOOR]
        return self.verdicts.total() - good

    def fields(self) -> dict[str, Any]:
        """For machines."""
        signers = [
            {"owner": owner, "fingerprint": fingerprint, "position": position, "records": n}
            for (owner, fingerprint, position), n in self.signers.most_common()
        ]
        return {
            "records": self.verdicts.total(),
            "not_proved": self.n_wrong,
            "verdicts": {str(verdict): n for verdict, n in self.verdicts.most_common()},
            "signers": signers,
            "first_not_proved": [_fields(one) for one in self.wrong],
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        for (owner, fingerprint, position), n in self.signers.most_common():
            yield f"{n:>12,}  verified by secret {position} of {owner}, {fingerprint}"
        for verdict, n in self.verdicts.most_common():
            if verdict is not ProofVerdict.VERIFIED:
                yield f"{n:>12,}  {_WORDS[verdict]}"
        for one in self.wrong:
            yield f"  {_place(one)}  {one.proof.verdict}: {one.proof.why}"
        if self.n_wrong > len(self.wrong):
            yield f"  and {self.n_wrong - len(self.wrong):,} more"
        yield f"{self.verdicts.total():,} records, {self.n_wrong:,} of them not proved"


def print_proofs(proved: Iterable[ProvedRecord], *, as_json: bool) -> bool:
    """Counts of all records by who signed them, and the places of what is not proved. Whether nothing is wrong."""
    tally = Tally()
    with progress("reading") as tell:
        for n, one in enumerate(proved, 1):
            tally.add(one)
            if n % _TOLD_EVERY == 0:
                tell(f"{n:,} records read")
    if as_json:
        terminal.machine(tally.fields())
    else:
        for words in tally.lines():
            terminal.say(words)
    return not tally.n_wrong


_WORDS = {
    ProofVerdict.NO_MATCH: "signed by none of the secrets given: it is gone, or the record was changed or made up",
    ProofVerdict.HEADERS: "body as it was signed, with a header beside it that the gateway did not write",
    ProofVerdict.UNSIGNED: "came as a webhook and have no signature",
    ProofVerdict.MALFORMED: "with a signature that is none",
    ProofVerdict.LEFT_OUT: "dead letters whose body is in its raw topic alone",
    ProofVerdict.OTHER_DOOR: "came by another door (fetched history), where nothing is signed",
}


def _signer(one: ProvedRecord) -> str:
    proof = one.proof
    return f"secret {proof.position} of {proof.owner}, {proof.fingerprint}"


def _place(one: ProvedRecord) -> str:
    return f"{one.topic} {one.partition}:{one.offset}"
