"""The dedup job in stock Faust, as its documentation would have a user write it; at least once.

`python -m benchmarks._dedup_faust worker --without-web`; the environment says JOB, BOOTSTRAP and STATE. The job's name
is the application's id.
"""

import os
from typing import Any

import faust

JOB = os.environ["JOB"]

app = faust.App(
    JOB,
    broker=f"kafka://{os.environ['BOOTSTRAP']}",
    store="rocksdb://",
    datadir=os.environ["STATE"],
    topic_partitions=4,
    key_serializer="raw",
    value_serializer="raw",
    broker_commit_interval=1.0,  # its own 2.8 s would blur the end of a short run; 0.1 s, as the others have, slows it
)
source = app.topic(f"{JOB}.in", key_type=bytes, value_type=bytes)
out = app.topic(f"{JOB}.out", key_type=bytes, value_type=bytes)
seen = app.Table("seen", key_type=bytes, value_type=bytes)


@app.agent(source)
async def dedup(stream: Any) -> None:
    async for event in stream.events():
        if event.key not in seen:
            seen[event.key] = b"%d" % event.message.offset
            await out.send(key=event.key, value=event.value)


if __name__ == "__main__":
    app.main()
