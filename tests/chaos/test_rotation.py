"""A rotation of secrets under load, shortened, on the gateway as it runs."""

import asyncio
import http.client
import time
from pathlib import Path

from streams.demo.cluster import MockCluster
from streams.events import new_message_id
from streams.kafka import admin
from streams.ops.settings import LOCAL_REGISTRY, Settings
from streams.simulator.delivery.courier import signed
from tests.chaos.outage.stage import Stage, serving
from tests.chaos.rotation import endpoints, made_up, rotate, write

PARTITIONS = 4


def post(connection: http.client.HTTPConnection, stage: Stage, secret: str) -> int:
    """The status of one delivery on this connection."""
    now_s, body = int(time.time()), b'{"event_type":"daily.data.sleep.created","user_id":"u","data":{}}'
    id = new_message_id(now_s * 1000, bytes(15))
    connection.request("POST", stage.url.partition(str(stage.port))[2], body, signed(secret, id, now_s, body))
    reply = connection.getresponse()
    reply.read()
    return reply.status


def test_a_rotation_under_load(tmp_path: Path) -> None:
    """New before old, over to the new, old out: every delivery gets 2xx, and a connection from before still serves."""
    conf = Settings(_env_file=None, registry_url=LOCAL_REGISTRY, partitions=PARTITIONS)
    with MockCluster({topic.name: PARTITIONS for topic in admin.layout_of(conf)}) as mock:
        settings = conf.model_copy(update={"bootstrap_servers": mock.bootstrap_servers})
        file, old = tmp_path / "secrets", made_up()
        write(file, old)
        more = endpoints(file) | {"STREAMS_REGISTRY_URL": LOCAL_REGISTRY}
        with serving(mock, settings, tmp_path, more) as stage:  # type: ignore[arg-type]  # because Kafka is not touched
            connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=30)
            assert post(connection, stage, old) == 204
            socket = connection.sock
            answers = asyncio.run(rotate(stage, file, old, rate=50, each_s=0.5))
            assert set(answers) == {"204"}, answers
            assert answers.total() > 50
            assert post(connection, stage, old) == 401
            assert connection.sock is socket
