"""What the listener and the requests are held to. Frozen values; nothing here reads a file.

What an operator can set has its default in `kwrest/config.py`, and only there; the rest has it here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """Where to listen and how long to wait for whom (contract T1–T4, T6). Times in seconds, sizes in bytes.

    port: 0 takes a free one; certs: folder of `ca.crt`, `server.crt` and their keys, made when it is empty;
    names: further host names or addresses the server certificate is made for;
    connections: counted from their first complete request header; waiting: all that are not counted.
    """

    certs: Path
    host: str
    port: int
    names: tuple[str, ...]
    redirect: bool  # plain HTTP gets a 307; False: 400
    connections: int
    waiting: int
    waiting_seconds: float  # from accept to the first complete header, and for the last bytes of a closing one
    header_seconds: float  # of a later request, from its first byte
    body_seconds: float  # for a whole body, or for each `body_rate * body_seconds` bytes of one
    answer_seconds: float  # without the client taking a byte of its answer
    idle_seconds: float
    grace_seconds: float  # for running requests at shutdown
    header_bytes: int
    header_fields: int
    url_bytes: int
    body_rate: int = 16 * KIB  # bytes a second below which a body counts as slow
    drain_bytes: int = 64 * MIB  # of a body nobody wants, thrown away so that its sender sees the answer


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one request may be (contract T6, B2, B7). Sizes in bytes, times in seconds."""

    body_bytes: int  # after decompression
    bodies_bytes: int  # of all bodies that are received or answered at the same time
    unauthenticated_bytes: int = 64 * KIB
    unauthenticated_seconds: float = 5.0
    answer_bytes: int = 5_000_000  # of a query's JSON, before compression
    refused_lines: int = 100  # named in `desc` of a line endpoint
    refused_text: int = 200  # characters of each
