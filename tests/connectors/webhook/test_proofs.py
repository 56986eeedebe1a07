"""`verify` on a real Kafka: one record, a span, dead letters; and what it says of records that nobody signed."""

import json
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer

from connectors.contract.intake import StoredRecord, stored_record
from connectors.webhook.proofs import known_secrets, proof_at, proofs, topic_name
from streams.cli.show.proofs import print_proof, print_proofs
from streams.events import Delivery
from streams.events.proof import ProofVerdict
from streams.events.signature import Verified, sign
from streams.kafka import admin
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.connectors.webhook.test_door import body_of
from tests.connectors.webhook.test_endpoints import SECRETS
from tests.webhook_records import record_of

OLD_S = int(time.time()) - 20 * 86_400  # what is older than raw topics keep may go at any moment


def stored(settings: Settings, body: bytes, secret: str, signed_s: int) -> StoredRecord:
    """What the gateway stores of a delivery."""
    signature = sign(secret, "msg_1", signed_s, body)
    signed = (("svix-id", "msg_1"), ("svix-timestamp", str(signed_s)), ("svix-signature", signature))
    verified = Verified("msg_1", signed_s, 0, signed)
    return record_of(body, verified, "junction", "", "", now_s=signed_s, settings=settings)


def put(settings: Settings, record: StoredRecord, at_s: int, body: bytes) -> None:
    producer = Producer(for_librdkafka(settings))
    producer.produce(record.topic, body, record.key, 0, headers=list(record.headers), timestamp=at_s * 1000)
    assert producer.flush(30) == 0


def test_stored_events_are_proved(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One record by its place, a span by its age, a dead letter, each with its secret; what was changed is named."""
    admin.apply(settings)
    settings = settings.model_copy(update={"endpoints": Settings(endpoints={"junction": SECRETS[:2]}).endpoints})
    now_s, body = int(time.time()), body_of()
    put(settings, stored(settings, body, SECRETS[2], OLD_S), OLD_S, body)
    put(settings, stored(settings, body, SECRETS[0], now_s), now_s, body)
    put(settings, stored(settings, body, SECRETS[1], now_s), now_s, body)
    put(settings, stored(settings, b"{", SECRETS[1], now_s), now_s, b"{")
    fetched = stored_record(body, Delivery("bf_1.0", "api", "oura", "T0", "T1"), settings)
    put(settings, fetched, now_s, body)
    known = known_secrets(settings, None)

    one = proof_at(settings, known, "raw.summaries", 0, 1)
    assert (one.proof.verdict, one.proof.position, one.proof.signed_at_s) == (ProofVerdict.VERIFIED, 0, now_s)
    assert print_proof(one, as_json=False)
    assert known[0].keyring.fingerprints[0] in capsys.readouterr().out
    assert proof_at(settings, known, f"{settings.topic_prefix}.dead_letters", 0, 0).proof.position == 1

    assert print_proofs(proofs(settings, known, "", (now_s - 60) * 1000), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["records"], told["not_proved"], told["verdicts"]) == (3, 0, {"verified": 2, "other_door": 1})
    assert sorted(one["position"] for one in told["signers"]) == [0, 1]

    assert not print_proofs(proofs(settings, known, "raw.summaries", None), as_json=False)
    told = capsys.readouterr().out
    assert f"{settings.topic_prefix}.raw.summaries 0:0  no_match" in told
    assert "4 records, 1 of them not proved" in told
    retired = tmp_path / "retired"
    retired.write_text(f"# of last year\n{SECRETS[2]}\n")
    old = proof_at(settings, known_secrets(settings, retired), "raw.summaries", 0, 0)
    assert (old.proof.verdict, old.proof.owner) == (ProofVerdict.VERIFIED, str(retired))
    with pytest.raises(Misconfigured, match="the partition has 0 to 3"):
        proof_at(settings, known, "raw.summaries", 0, 4)
    assert list(proofs(settings, known, "", (now_s + 60) * 1000)) == []


def test_what_it_needs() -> None:
    """Without a secret nothing can be proved, and clean topics hold no signatures."""
    settings = Settings(_env_file=None)
    with pytest.raises(Misconfigured, match="no secret to verify with"):
        known_secrets(settings, None)
    with pytest.raises(Misconfigured, match="holds no signatures"):
        topic_name(settings, "sleep")
