"""One connection and channel to RabbitMQ, and what is wrong with it as a sentence."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import aiormq
from aiormq import exceptions
from aiormq.abc import AbstractChannel, AbstractConnection
from yarl import URL

from connectors.rabbitmq import wire
from streams.ops import addresses
from streams.ops.errors import Misconfigured, StreamsError, Unavailable
from streams.ops.settings import Settings

# The library logs frames, and messages as they are. What matters of it is in our errors.
logging.getLogger("aiormq").propagate = False
logging.getLogger("aiormq").addHandler(logging.NullHandler())

wire.install()

ANSWER_S = 15.0
HEARTBEAT_S = 30
NOT_ALLOWED = 530  # a reply code of AMQP 0-9-1


class RabbitLink(NamedTuple):
    """What is open."""

    connection: AbstractConnection
    channel: AbstractChannel


async def connect(settings: Settings) -> RabbitLink:
    """A connection with one channel. Raises Misconfigured for what a person has to change, Unavailable else."""
    url = url_of(settings)
    context = _context(settings) if url.scheme == "amqps" else None
    connection = None
    try:
        with asked(settings):
            async with asyncio.timeout(ANSWER_S):
                connection = await aiormq.connect(url, context=context)
                return RabbitLink(connection, await connection.channel())
    except BaseException:
        if connection is not None:
            await close(connection)
        raise


def _context(settings: Settings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.rabbitmq_ca_file)
    except OSError:  # of the file, or of what is in it
        raise Misconfigured("STREAMS_RABBITMQ_CA_FILE is no file of certificates (PEM) that can be read") from None


@contextlib.contextmanager
def asked(settings: Settings) -> Iterator[None]:
    """What the library raises as an error of ours. When a broker goes it raises whatever was at hand: its own errors,
    RuntimeError, a bare Exception, and CancelledError of a task of its own, which is none of ours."""
    try:
        yield
    except StreamsError:
        raise
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise refused(error, settings) from None
    except Exception as error:
        raise refused(error, settings) from None


def url_of(settings: Settings) -> URL:
    """Where RabbitMQ is, with how often each side says that it is there. Raises Misconfigured where no setting says."""
    text = settings.rabbitmq_url.get_secret_value()
    if not text:
        raise Misconfigured("no RabbitMQ: set STREAMS_RABBITMQ_URL, as amqps://user:password@host/vhost")
    return URL(text).update_query(heartbeat=str(HEARTBEAT_S))


def refused(error: BaseException, settings: Settings) -> StreamsError:
    """An error of the library as one of ours."""
    where = addresses.shown(settings.rabbitmq_url.get_secret_value())
    if isinstance(error, exceptions.AuthenticationError | exceptions.ProbableAuthenticationError):
        return Misconfigured(f"RabbitMQ at {where} refuses the login: see STREAMS_RABBITMQ_URL")
    if _is_kept_out(error) and not _passes(error):
        return Misconfigured(
            f"RabbitMQ at {where} keeps this login out of the virtual host, or has none of that name: see "
            "STREAMS_RABBITMQ_URL, and `rabbitmqctl list_permissions -p VHOST`"
        )
    if isinstance(error, exceptions.ChannelAccessRefused):
        return Misconfigured(f"RabbitMQ at {where} does not let this login read queue {settings.rabbitmq_queue}")
    if isinstance(error, exceptions.ChannelNotFoundEntity) and not _passes(error):
        return Misconfigured(
            f"RabbitMQ at {where} has no queue {settings.rabbitmq_queue}: run `junction-streams source setup rabbitmq "
            "--declare`, or name yours in STREAMS_RABBITMQ_QUEUE"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return Misconfigured(
            f"RabbitMQ at {where} has a certificate that is not trusted ({error.verify_message}): see "
            "STREAMS_RABBITMQ_CA_FILE"
        )
    return Unavailable(f"RabbitMQ at {where} does not answer ({type(error).__name__})")


def _is_kept_out(error: BaseException) -> bool:
    """As the connection is opened, or later."""
    is_at_once = isinstance(error, exceptions.ConnectionClosed) and error.args[:1] == (NOT_ALLOWED,)
    return is_at_once or isinstance(error, exceptions.ConnectionNotAllowed)


def _passes(error: BaseException) -> bool:
    """Whether it is over by itself: a node that is down answers as if nothing were there or allowed, and so does a
    virtual host at its limit of connections."""
    return any(words in str(error) for words in ("down or inaccessible", "is down", "limit"))


async def close(connection: AbstractConnection) -> None:
    """Close it, whatever became of it."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(ANSWER_S):
            await connection.close()
