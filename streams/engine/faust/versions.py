"""Every private name that the engine touches, the versions it was written for, and the check at start.

Private names may change in any release without notice. A change would not fail loudly: it would lose or repeat data.
So the engine refuses to start with other versions until a person has read the diff and run tests/engine.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

from streams.ops.errors import Misconfigured

VERSIONS = {
    "faust-streaming": "0.15.3",
    "aiokafka": "0.14.0",
    "rocksdict": "0.3.29",
}

# (module, dotted name inside it): who uses it, and for what.
NAMES: dict[tuple[str, str], str] = {
    ("faust.transport.drivers", "TRANSPORTS"): "app: the URL scheme of our transport",
    (
        "faust.transport.drivers.aiokafka",
        "AIOKafkaConsumerThread._create_worker_consumer",
    ): "transport: isolation level",
    ("faust.transport.drivers.aiokafka", "AIOKafkaConsumerThread.on_partitions_assigned"): "thread: pause at once",
    ("faust.transport.consumer", "Consumer._drain_messages"): "transport: slices instead of records",
    ("faust.transport.consumer", "Consumer.wait_empty"): "transport: commit when partitions are revoked",
    ("faust.transport.consumer", "ThreadDelegateConsumer._commit"): "transport: offsets travel in the transaction",
    ("mode.threads", "QueueServiceThread.call_thread"): "transport: seeks in the consumer's thread",
    ("mode.utils.queues", "FlowControlQueue.force_put_nowait"): "transport: delivery into a stream",
    ("faust.transport.conductor", "Conductor._update_indices"): "transport: streams of a topic (_topic_name_index)",
    ("faust.transport.conductor", "Conductor._update_tp_index"): "transport: streams of a partition (_tp_index)",
    ("faust.assignor.partition_assignor", "PartitionAssignor._decompress"): "assignor: what the leader told",
    ("faust.assignor.partition_assignor", "PartitionAssignor._compress"): "assignor: what the leader told, mended",
    ("aiokafka.consumer.group_coordinator", "GroupCoordinator.request_rejoin"): "assignor: a rebalance",
    ("aiokafka.consumer.group_coordinator", "GroupCoordinator.check_errors"): "thread: a coordinator that has ended",
    ("aiokafka.consumer.subscription_state", "SubscriptionState.assign_from_subscribed"): "assignor: topics not read",
    ("faust.tables.manager", "TableManager._update_channels"): "recovery: ours instead of Faust's",
    ("faust.app.base", "App._stop_consumer"): "recovery: order of a shutdown",
    ("faust.stores", "STORES"): "app: the URL scheme of our store",
    ("faust.stores.rocksdb", "Store.revoke_partitions"): "table: databases are closed",
    ("faust.app.base", "App._fetcher"): "recovery: starts the reading",
    ("faust.stores.rocksdb", "Store._db_for_partition"): "table: one WriteBatch per partition",
    ("faust.stores.rocksdb", "Store.offset_key"): "table: offset and state in one batch",
    ("faust.stores.rocksdb", "Store.partition_path"): "table: size of a database",
    ("faust.stores.rocksdb", "RocksDBOptions.open"): "table: shared cache and write buffers",
    ("aiokafka.consumer.group_coordinator", "GroupCoordinator.reset_generation"): "thread: generation and member_id",
    ("aiokafka.consumer.fetcher", "PartitionRecords._consume_aborted_up_to"): "records: which batches are skipped",
    ("aiokafka.consumer.fetcher", "PartitionRecords._contains_abort_marker"): "records: which batches are skipped",
    ("aiokafka.consumer.fetcher", "MemoryRecords"): "records: the bytes of an answer stay at hand",
    (
        "aiokafka.record.default_records",
        "_DefaultRecordBatchPy._maybe_uncompress",
    ): "records: odd names of headers",
    ("aiokafka.consumer.fetcher", "FetchResult.check_assignment"): "records: a list built as one",
    ("aiokafka.consumer.fetcher", "FetchResult._update_position"): "records: a list built as one",
    ("aiokafka.consumer.consumer", "Fetcher._proc_fetch_request"): "pace: a pause between fetches",
    ("aiokafka.client", "AIOKafkaClient._get_conn"): "sessions: a login before a request",
    ("aiokafka.conn", "AIOKafkaConnection._do_sasl_handshake"): "sessions: a login on an open connection",
    ("aiokafka.client", "AIOKafkaClient.coordinator_lookup"): "wire: where a transaction is kept",
    ("aiokafka.client", "AIOKafkaClient.set_topics"): "wire: leaders of what is written",
    ("aiokafka.protocol.produce", "ProduceRequest.build"): "wire: one request a broker",
    ("aiokafka.protocol.transaction", "AddPartitionsToTxnRequest.build"): "wire: partitions of a transaction",
    ("aiokafka.protocol.transaction", "AddOffsetsToTxnRequest.build"): "wire: a transaction has offsets",
    ("aiokafka.protocol.transaction", "EndTxnRequest.build"): "wire: the commit",
    ("aiokafka.protocol.types", "CompactArray.encode"): "wire: requests that aiokafka does not have",
    ("aiokafka.protocol.api", "Request.prepare"): "wire: requests that aiokafka does not have",
    ("aiokafka.record.default_records", "DefaultRecordBatchBuilder.set_producer_state"): "wire: batches of records",
    ("aiokafka", "AIOKafkaConsumer.getmany"): "thread: records and position in one step",
    ("aiokafka", "AIOKafkaConsumer.last_poll_timestamp"): "thread: set with last_stable_offset when an answer comes",
}

_TESTS = (
    "run `make test` with it, read what changed in the names of streams/engine/faust/versions.py, then change VERSIONS"
)


def check() -> None:
    """Raises Misconfigured when a version or a private name is not the known one."""
    for package, known in VERSIONS.items():
        if version(package) != known:
            raise Misconfigured(
                f"{package} {version(package)} is installed; the engine knows {known}. "
                f"Install it with `pip install -c constraints.txt {package}=={known}`, or {_TESTS}."
            )
    for (module, name), purpose in NAMES.items():
        if not _exists(module, name):
            raise Misconfigured(
                f"{module}.{name} is gone ({purpose}); see streams/engine/faust/versions.py and {_TESTS}."
            )


def _exists(module: str, name: str) -> bool:
    value: Any = import_module(module)
    for part in name.split("."):
        value = getattr(value, part, None)
    return value is not None
