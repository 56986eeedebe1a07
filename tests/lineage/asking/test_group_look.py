"""What a list of consumer groups says, and what it does not."""

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ConsumerGroupListing, ListConsumerGroupsResult

from streams.lineage.asking.group_look import listed_of


def test_a_broker_that_does_not_list_its_groups() -> None:
    """It is said: of the others' groups it is known how far they have read, of its groups not even that they are."""
    two = [ConsumerGroupListing(name, is_simple_consumer_group=False) for name in ("warehouse", "ehr-sync")]
    away = KafkaException(KafkaError(KafkaError._TIMED_OUT))
    assert listed_of(ListConsumerGroupsResult(two, [])) == (("ehr-sync", "warehouse"), "")
    names, unlisted = listed_of(ListConsumerGroupsResult(two, [away]))
    assert names == ("ehr-sync", "warehouse")
    assert unlisted == "there may be other consumer groups: 1 broker did not list theirs"
    assert listed_of(ListConsumerGroupsResult([], [away, away])).unlisted.endswith("2 brokers did not list theirs")
