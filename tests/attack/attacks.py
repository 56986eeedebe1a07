"""The table: what strangers do, how many at once, from where, and what they may be answered."""

from dataclasses import dataclass, field
from enum import Enum

from tests.attack import floods, slow
from tests.attack.crowd import Behaviour

_NETWORKS = 49


class Place(Enum):
    """`DIRECT`: at the gateway's own port. `NGINX`: through nginx, which good traffic passes, too."""

    DIRECT = "direct"
    NGINX = "nginx"


# Each in a network of its own, none in that of the good traffic.
MANY = tuple(f"127.0.{n}.2" for n in range(2, 2 + _NETWORKS))
ONE = MANY[:1]
# Never 2xx, and never 500: that would be an error of ours.
UNPROVED = frozenset({"401", "408", "413", "429", "503"})
FORM = frozenset({"400", "408", "413", "414", "429", "431", "503"})
EITHER = UNPROVED | FORM


@dataclass(frozen=True)
class Attack:
    """`statuses`: those that strangers may be answered; a closed connection is always allowed. `sockets`: at once."""

    name: str
    sentence: str
    behave: Behaviour
    sockets: int
    sources: tuple[str, ...] = ONE
    statuses: frozenset[str] = UNPROVED
    places: tuple[Place, ...] = field(default=(Place.DIRECT,))


BOTH = (Place.DIRECT, Place.NGINX)
_ALL = [
    Attack("silent", "2,000 connections that say nothing", slow.silent, 2_000),
    Attack("silent_many", "the same from 49 networks", slow.silent, 2_000, MANY, places=BOTH),
    Attack("silent_full", "8,000 of them: more than there may be", slow.silent, 8_000, MANY),
    Attack("idle_many", "2,000 connections kept after one request", slow.idle, 2_000, MANY),
    Attack("slow_headers", "2,000 connections, a byte of the headers a second", slow.slow_headers, 2_000, ONE, FORM),
    Attack("slow_headers_many", "the same from 49 networks", slow.slow_headers, 2_000, MANY, FORM, BOTH),
    Attack("slow_bodies", "2,000 connections, a byte of the body a second", slow.slow_bodies, 2_000),
    Attack("slow_bodies_many", "the same from 49 networks", slow.slow_bodies, 2_000, MANY, places=BOTH),
    Attack("slow_chunks", "64 connections, a digit of a chunk's size a second", slow.slow_chunks, 64, ONE, EITHER),
    Attack("endless_chunks", "64 connections, chunks of 64 KiB without end", floods.endless_chunks, 64, places=BOTH),
    Attack("tiny_chunks", "8 connections, chunks of one byte", floods.tiny_chunks, 8, places=BOTH),
    Attack("tiny_chunks_many", "98 connections from 49 networks do the same", floods.tiny_chunks, 98, MANY),
    Attack("declared_500mb", "64 connections, each declares 500 MB and sends", floods.declared, 64, places=BOTH),
    Attack("held_5", "5 connections hold 16 MiB but for the last bytes", slow.held, 5),
    Attack("held_many", "98 connections from 49 networks do", slow.held, 98, MANY, places=BOTH),
    Attack("held_20", "20 connections do", slow.held, 20),
    Attack("gzip_bombs", "32 connections, 10 MB of zeros packed into 10 kB", floods.gzip_bombs, 32),
    Attack("header_bytes", "64 connections, 100 kB of headers", floods.header_bytes, 64, ONE, FORM, BOTH),
    Attack("header_count", "64 connections, 10,000 headers", floods.header_count, 64, ONE, FORM),
    Attack("header_endless", "64 connections, a line without end", floods.header_endless, 64, ONE, FORM, BOTH),
    Attack("header_held", "400 connections hold 400 kB of headers", floods.header_held, 400, MANY, FORM),
    Attack("target_endless", "64 connections, a request line without end", floods.target_endless, 64, ONE, FORM),
    Attack("trailers_endless", "64 connections, trailers without end", floods.trailers_endless, 64, ONE, EITHER),
    Attack("trailer_line_endless", "the same in one line", floods.trailer_line_endless, 64, ONE, EITHER),
    Attack("extension_endless", "the same in a chunk extension", floods.extension_endless, 64, ONE, EITHER),
    Attack("forged", "32 connections, wrong signatures, 1 kB, at full speed", floods.forged_small, 32, places=BOTH),
    Attack("forged_many", "98 connections from 49 networks do the same", floods.forged_small, 98, MANY),
    Attack("forged_full", "5,000 connections from 49 networks do the same", floods.forged_small, 5_000, MANY),
    Attack("forged_large", "32 connections, wrong signatures, 200 kB", floods.forged_large, 32),
    Attack("forged_large_many", "98 connections from 49 networks do", floods.forged_large, 98, MANY, places=BOTH),
    Attack("forged_anew", "98 at a time, each on a new connection", floods.forged_anew, 98, MANY),
    Attack("pipelined_unread", "64 connections, no answer is read", floods.pipelined_unread, 64, ONE, EITHER),
    Attack("wrong_paths", "32 connections, another path each time", floods.wrong_paths, 32, ONE, UNPROVED | {"404"}),
    Attack("junk", "64 connections, random bytes", floods.junk, 64, ONE, FORM | {"505"}),
    Attack("tls_hello", "64 connections, TLS where none is spoken", floods.tls_hello, 64, ONE, FORM),
    Attack("churn", "200 at a time connect and close, from 49 networks", floods.churn, 200, MANY, places=BOTH),
    Attack("reset_midway", "64 connections, RST in the middle of a body", floods.reset_midway, 64),
    Attack("closed_midway", "64 connections, FIN in the middle of a body", floods.closed_midway, 64, ONE, EITHER),
]
ATTACKS = {attack.name: attack for attack in _ALL}
SMUGGLING = "smuggling"
SMUGGLING_SENTENCE = "every form on which two readers may differ, with a signed delivery hidden in it"
