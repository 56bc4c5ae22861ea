"""Which addresses may be dialled at all.

Python's own `is_global` and `is_private` are not enough. Measured on 3.11: `is_global` is true for loopback dressed as
NAT64 or 6to4, for IPv4-compatible and site-local addresses and for multicast; `is_private` is false for 100.64.0.0/10.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator
from functools import cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Where a cloud tells a machine about itself, credentials among it: never, not even in a network that the operator
# allows. All of link-local, since the twins of 169.254.169.254 live there (169.254.170.2 and .23 at AWS).
_METADATA = _networks(
    "169.254.0.0/16",
    "100.100.100.200/32",  # Alibaba Cloud
    "168.63.129.16/32",  # Azure: WireServer
    "192.0.0.192/32",  # Oracle Cloud
    "fe80::/10",
    "fd00:ec2::/32",  # AWS: metadata, DNS, time, pod identity
    "fd20:ce::254/128",  # Google Cloud
    "fd00:42::42/128",  # Scaleway
)

# The IANA registries of special-purpose addresses (IPv4, IPv6) and what has been taken out of use.
_NOT_PUBLIC = _networks(
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",  # private
    "100.64.0.0/10",  # carrier-grade NAT
    "127.0.0.0/8",  # loopback
    "172.16.0.0/12",  # private
    "192.0.0.0/24",  # IETF protocols
    "192.0.2.0/24",  # documentation
    "192.31.196.0/24",  # AS112
    "192.52.193.0/24",  # AMT
    "192.88.99.0/24",  # 6to4 relays
    "192.168.0.0/16",  # private
    "192.175.48.0/24",  # AS112
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, broadcast
    "2001::/23",  # IETF protocols: Teredo, ORCHID, benchmarks
    "2001:db8::/32",  # documentation
    "2002::/16",  # 6to4
    "2620:4f:8000::/48",  # AS112
    "3fff::/20",  # documentation
)

# All public IPv6 unicast is in here; loopback, mapped, NAT64, unique local, site-local, SRv6 and multicast are outside.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")

# IPv6 forms that a translator turns into the IPv4 address in the last four bytes.
_CARRIES_IPV4 = _networks("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


def _carried(address: Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 address that a translated IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _CARRIES_IPV4):
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address in _SIX_TO_FOUR:
            yield ipaddress.IPv4Address((int(address) >> 80) & 0xFFFFFFFF)


class AddressPolicy:
    """Public addresses, and the networks that the operator of this installation named (`PORTAL_WEBHOOK_ALLOW`)."""

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        self.allow = tuple(allow)

    def is_allowed(self, address: Address) -> bool:
        """Whether this address may be dialled; metadata addresses never, translated ones only as what they carry."""
        if any(address in network for network in _METADATA):
            return False
        if any(address in network for network in self.allow):
            # ::/96 holds ::1 and ::, which are themselves and carry nothing.
            return int(address) <= 1 or all(self.is_allowed(inner) for inner in _carried(address))
        return _is_public(address) and not _is_of_this_host(str(address))


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def _is_of_this_host(address: str) -> bool:
    """Whether a public address is our own: what a firewall hides from outside would be open from here.

    Only an address of an interface can be bound, so that binding (which sends nothing) tells.
    """
    return _tells_by_binding() and _can_bind(address)


@cache
def _tells_by_binding() -> bool:
    # Where the kernel lets any address be bound (net.ipv4.ip_nonlocal_bind), a documentation address can be too.
    return not _can_bind("192.0.2.1")


def _can_bind(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
