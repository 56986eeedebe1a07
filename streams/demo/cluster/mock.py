"""librdkafka's mock cluster: Kafka's protocol inside this process, for machines without Java.

In memory, of one process, and only roughly a Kafka: good for looking around, not for believing a promise. Topics that
nobody created come into being with 4 partitions; AdminClient cannot create or alter them, only `create_topic` here can.
There is no schema registry.
"""

import ctypes
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

from confluent_kafka import cimpl

from streams.ops.errors import Unavailable

_PRODUCER = 0  # rd_kafka_type_t
_pointer, _text, _int = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
# rdkafka_mock.h. The extension module is linked against librdkafka, so its symbols are found through it wherever the
# wheel keeps the library itself.
_SIGNATURES: tuple[tuple[str, Any, list[Any]], ...] = (
    ("rd_kafka_conf_new", _pointer, []),
    ("rd_kafka_conf_set", _int, [_pointer, _text, _text, _text, ctypes.c_size_t]),
    ("rd_kafka_new", _pointer, [_int, _pointer, _text, ctypes.c_size_t]),
    ("rd_kafka_destroy", None, [_pointer]),
    ("rd_kafka_mock_cluster_new", _pointer, [_pointer, _int]),
    ("rd_kafka_mock_cluster_destroy", None, [_pointer]),
    ("rd_kafka_mock_cluster_bootstraps", _text, [_pointer]),
    ("rd_kafka_mock_topic_create", _int, [_pointer, _text, _int, _int]),
)


class MockCluster:
    """One mock broker on loopback, with `topics` (name → partitions). A context manager, like `Cluster`."""

    registry_url = ""

    def __init__(self, topics: Mapping[str, int] | None = None) -> None:
        self._topics = dict(topics or {})
        self.bootstrap_servers = ""

    def __enter__(self) -> Self:
        self._lib = _library()
        conf, why = self._lib.rd_kafka_conf_new(), ctypes.create_string_buffer(512)
        self._lib.rd_kafka_conf_set(conf, b"log_level", b"3", why, len(why))
        self._handle = self._lib.rd_kafka_new(_PRODUCER, conf, why, len(why))
        if not self._handle:
            raise Unavailable(f"librdkafka's mock cluster does not start: {why.value.decode()}")
        self._cluster = self._lib.rd_kafka_mock_cluster_new(self._handle, 1)
        self.bootstrap_servers = self._lib.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()
        if self._topics:
            # Together: the cluster's thread sometimes misses that it was asked, and sleeps on for a second.
            with ThreadPoolExecutor(len(self._topics)) as pool:
                list(pool.map(self.create_topic, self._topics, self._topics.values()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lib.rd_kafka_mock_cluster_destroy(self._cluster)
        self._lib.rd_kafka_destroy(self._handle)

    def create_topic(self, name: str, partitions: int) -> None:
        """Create a topic; nothing happens when it exists with any number of partitions."""
        self._lib.rd_kafka_mock_topic_create(self._cluster, name.encode(), partitions, 1)


def _library() -> ctypes.CDLL:
    lib = ctypes.CDLL(cimpl.__file__)
    for name, result, arguments in _SIGNATURES:
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib
