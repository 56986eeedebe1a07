"""What tests of the door to Event Hubs share."""

from streams.demo.cluster import Cluster
from streams.demo.pipelines.event_hubs import HubsKafka, make_hub
from streams.ops.settings import Settings


def settings_for(settings: Settings, cluster: Cluster, prefix: str) -> Settings:
    """Those of a Kafka, and of a new hub in it behind the look-alike's login."""
    assert isinstance(cluster.kafka, HubsKafka)
    hub = f"{prefix}-hub"
    make_hub(cluster.kafka, hub)
    own = {"event_hubs_connection": cluster.kafka.connection, "event_hubs_ca_file": cluster.kafka.ca_file}
    return settings.model_copy(update={**own, "event_hubs_name": hub, "event_hubs_group": f"{prefix}-door"})
