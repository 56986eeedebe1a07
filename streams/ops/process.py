"""The kinds of processes that run: each has metrics, a login and rights of its own."""

from enum import StrEnum


class Process(StrEnum):
    GATEWAY = "gateway"
    WORKER = "worker"
    FETCHER = "fetcher"
    NOTIFY = "notify"
    SINK = "sink"
    SOURCE = "source"
