"""A fatal error of an idempotent producer, as librdkafka injects it into itself for tests."""

import ctypes
from pathlib import Path

import confluent_kafka
from confluent_kafka import KafkaError, Producer

_AT = 16  # of the client in the Python object, behind its count of references and its type


def inject(producer: Producer, code: int = KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER) -> None:
    """From now on every `produce` raises _FATAL."""
    (library,) = Path(confluent_kafka.__file__).parents[1].glob("confluent_kafka.libs/librdkafka*.so*")
    call = ctypes.CDLL(str(library)).rd_kafka_test_fatal_error
    call.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
    assert call(ctypes.c_void_p.from_address(id(producer) + _AT).value, code, b"injected") == 0
