from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.kernel.http.addresses import AddressPolicy
from tests.kernel.http.corpus import INNER_ADDRESSES, PUBLIC_ADDRESSES

PUBLIC_ONLY = AddressPolicy()


@pytest.mark.parametrize("address", INNER_ADDRESSES)
def test_an_inner_address_is_refused(address: str) -> None:
    assert not PUBLIC_ONLY.is_allowed(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_allowed(address: str) -> None:
    assert PUBLIC_ONLY.is_allowed(ip_address(address))


@given(st.ip_addresses())
def test_nothing_is_allowed_that_python_knows_not_to_be_public(address: IPv4Address | IPv6Address) -> None:
    assume(not address.is_global or address.is_multicast or address.is_reserved)
    assert not PUBLIC_ONLY.is_allowed(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_the_clothes_of_ipv6_is_refused(address: IPv4Address) -> None:
    inner = int(address)
    for dressed in (
        inner,
        0xFFFF << 32 | inner,
        0xFFFF << 48 | inner,
        0x64FF9B << 96 | inner,
        0x2002 << 112 | inner << 80,
    ):
        assert not PUBLIC_ONLY.is_allowed(IPv6Address(dressed))


def test_a_network_that_the_operator_names_is_allowed_and_its_neighbour_is_not() -> None:
    policy = AddressPolicy([ip_network("192.168.7.0/24"), ip_network("fd12::/32")])
    assert policy.is_allowed(ip_address("192.168.7.9"))
    assert policy.is_allowed(ip_address("fd12::9"))
    assert not policy.is_allowed(ip_address("192.168.8.9"))
    assert not policy.is_allowed(ip_address("fd13::9"))
    assert policy.is_allowed(ip_address("8.8.8.8"))


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fe80::a9fe:a9fe",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b::100.100.100.200",
        "2002:a9fe:a9fe::1",
    ],
)
def test_metadata_is_refused_even_where_everything_is_allowed(address: str) -> None:
    assert not AddressPolicy([ip_network("0.0.0.0/0"), ip_network("::/0")]).is_allowed(ip_address(address))


def test_an_allowed_translator_reaches_public_addresses_and_nothing_behind_them() -> None:
    """On a host with IPv6 only, everything in IPv4 is reached through NAT64."""
    policy = AddressPolicy([ip_network("64:ff9b::/96")])
    assert policy.is_allowed(ip_address("64:ff9b::8.8.8.8"))
    assert not policy.is_allowed(ip_address("64:ff9b::10.0.0.1"))


def test_allowed_loopback_of_ipv4_is_not_that_of_ipv6() -> None:
    assert not AddressPolicy([ip_network("127.0.0.0/8")]).is_allowed(ip_address("::1"))
    assert not AddressPolicy([ip_network("127.0.0.0/8")]).is_allowed(ip_address("::ffff:127.0.0.1"))
    assert AddressPolicy([ip_network("::1/128")]).is_allowed(ip_address("::1"))


def test_a_public_address_of_this_very_host_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.kernel.http.addresses._can_bind", lambda address: address == "8.8.8.8")
    assert not AddressPolicy().is_allowed(ip_address("8.8.8.8"))
    assert AddressPolicy([ip_network("8.8.8.8/32")]).is_allowed(ip_address("8.8.8.8"))
    assert AddressPolicy().is_allowed(ip_address("8.8.4.4"))
