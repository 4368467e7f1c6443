"""The names and addresses this machine answers to, for the server certificate (contract T1)."""

from __future__ import annotations

import ipaddress
import socket
import struct
from pathlib import Path

_SIOCGIFCONF = 0x8912  # Linux: the IPv4 address of every interface, aliases too
_IFREQ = 40  # bytes of one entry on 64-bit machines
_IF_INET6 = Path("/proc/net/if_inet6")


def local_names() -> list[str]:
    """The host's name and its full form, as far as they are names a certificate can carry."""
    found = dict.fromkeys((socket.gethostname(), socket.getfqdn()))
    return [
        name for name in found if name and name.isascii() and len(name) <= 253 and "_" not in name and " " not in name
    ]


def local_addresses() -> list[str]:
    """Every IPv4 and IPv6 address of this machine's interfaces, link-local IPv6 left out (it needs a zone to be reached)."""
    found = [*_interface_ipv4(), *_interface_ipv6(), *_resolved()]
    return list(dict.fromkeys(a for a in found if not ipaddress.ip_address(a).is_link_local))


def _interface_ipv4() -> list[str]:
    try:
        import fcntl
    except ImportError:  # not a Unix: what the resolver knows must do
        return []
    import array

    room = array.array("B", bytes(_IFREQ * 256))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            answer = fcntl.ioctl(sock, _SIOCGIFCONF, struct.pack("iP", len(room), room.buffer_info()[0]))
        except OSError:
            return []
    length = struct.unpack("iP", answer)[0]
    raw = room.tobytes()
    return [socket.inet_ntoa(raw[at + 20 : at + 24]) for at in range(0, length, _IFREQ)]


def _interface_ipv6() -> list[str]:
    try:
        lines = _IF_INET6.read_text().splitlines()
    except OSError:
        return []
    return [str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))) for line in lines]


def _resolved() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        return []
    return [str(entry[4][0]).partition("%")[0] for entry in found]
