"""What a user would write: aio-pika, one message after the other onto Kafka, one acknowledgement each.

    python -m benchmarks.doors.plain URL QUEUE SERVERS TOPIC PARTITIONS AHEAD

No envelope is compared, no bound is kept, and what cannot be read ends it. Records have the same key, partition, value
and a few headers. `AHEAD`: messages that it may hold.
"""

import asyncio
import gzip
import json
import sys
from functools import partial
from typing import Any

import aio_pika
from confluent_kafka import Producer

from streams.events import partition_for


async def main(url: str, queue: str, servers: str, topic: str, partitions: int, ahead: int) -> None:
    """Until it is killed."""
    loop = asyncio.get_running_loop()
    producer = Producer({"bootstrap.servers": servers, "acks": "all", "enable.idempotence": True, "linger.ms": 1})
    connection = await aio_pika.connect(url)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=ahead)
    found = await channel.get_queue(queue, ensure=False)

    def settled(future: "asyncio.Future[None]", error: Any, message: Any) -> None:
        loop.call_soon_threadsafe(future.set_exception if error else future.set_result, error)

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        body = gzip.decompress(message.body) if message.content_encoding == "gzip" else message.body
        event = json.loads(body)
        future: asyncio.Future[None] = loop.create_future()
        user, kind = event.get("user_id") or event["data"]["user_id"], event["event_type"]
        producer.produce(
            topic, body, f"{user}:{kind.split('.')[2]}", partition_for(user, partitions), partial(settled, future),
            headers=[("ce_type", kind.encode()), ("ce_subject", user.encode())],
        )  # fmt: skip
        await future
        await message.ack()

    await found.consume(take)
    while True:
        producer.poll(0)
        await asyncio.sleep(0.001)


if __name__ == "__main__":
    *words, partitions, ahead = sys.argv[1:]
    asyncio.run(main(*words, int(partitions), int(ahead)))
