"""The door beside two libraries of the same purpose. Nothing is dialled: connect only notes what it was asked."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from AntiSSRF.antissrf_error import AntiSSRFError
from AntiSSRF.antissrf_policy import AntiSSRFPolicy, PolicyConfigOptions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests_hardened import Config, Manager
from requests_hardened.ip_filter import InvalidIPAddress

from portal.kernel.http import Door, Failed, FailureKind, Request
from tests.kernel.http.corpus import INNER_ADDRESSES, ODD_INNER_HOSTS, PUBLIC_ADDRESSES

# Where the libraries let pass what the door refuses: IPv6 that nobody was given (2000::/3 is all that was) and that a
# translator may turn into anything.
GIVEN_OUT = ip_network("2000::/3")

_numbers = itertools.count()


class Network:
    """A network in which every name is known as a test says, and every connection is noted and fails."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}
        self.dialled: list[str] = []
        self._getaddrinfo = socket.getaddrinfo

    def getaddrinfo(self, host: str, port: int | str | None, *_: Any, **__: Any) -> list[Any]:
        texts = self.names.get(host, [host])
        return [answer for text in texts for answer in self._read(text, port)]

    def _read(self, text: str, port: int | str | None) -> list[Any]:
        return self._getaddrinfo(text, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)

    def connect(self, address: Any) -> None:
        self.dialled.append(address[0])
        raise ConnectionRefusedError

    def name(self, *addresses: str) -> str:
        """A fresh name, so that no earlier answer is kept for it."""
        name = f"host{next(_numbers)}.example"
        self.names[name] = list(addresses)
        return name


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(socket, "getaddrinfo", network.getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: network.connect(address))
    return network


@pytest.fixture(scope="module")
def public() -> Iterator[Door]:
    with Door() as door:
        yield door


def door_refuses(door: Door, url: str) -> bool:
    with pytest.raises(Failed) as failure:
        door.send(Request("GET", url), deadline_seconds=5)
    return failure.value.kind in {FailureKind.REFUSED_ADDRESS, FailureKind.BAD_REQUEST}


def hardened_refuses(url: str) -> bool:
    config = Config(
        ip_filter_enable=True, ip_filter_allow_loopback_ips=False, never_redirect=True, default_timeout=(1.0, 1.0)
    )
    return _refuses(Manager(config).get_session().get, url)


def antissrf_refuses(url: str) -> bool:
    policy = AntiSSRFPolicy(PolicyConfigOptions.EXTERNAL_ONLY_LATEST)
    policy.allow_plain_text_http = True
    return _refuses(policy.get_antissrf_session().get, url)


def _refuses(get: Callable[[str], object], url: str) -> bool:
    try:
        get(url)
    except (InvalidIPAddress, AntiSSRFError):
        return True
    except OSError:
        return False
    raise AssertionError("nothing can answer here")


def url_of(address: IPv4Address | IPv6Address | str) -> str:
    return f"http://[{address}]/" if ":" in str(address) else f"http://{address}/"


@pytest.mark.parametrize("host", ODD_INNER_HOSTS)
def test_the_door_dials_nothing_for_an_odd_spelling(network: Network, public: Door, host: str) -> None:
    assert door_refuses(public, f"http://{host}/")
    assert network.dialled == []


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_all_three_dial_what_is_public(network: Network, public: Door, address: str) -> None:
    for url in (url_of(address), f"http://{network.name(address)}/"):
        network.dialled.clear()
        assert (door_refuses(public, url), hardened_refuses(url), antissrf_refuses(url)) == (False, False, False)
        assert {ip_address(dialled) for dialled in network.dialled} == {ip_address(address)}


addresses = st.one_of(
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
    st.sampled_from([ip_address(address) for address in [*INNER_ADDRESSES, *PUBLIC_ADDRESSES]]),
    st.integers(0, 2**125 - 1).map(lambda tail: IPv6Address(1 << 125 | tail)),
)
quickly = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@quickly
@given(addresses)
def test_whatever_either_library_refuses_the_door_refuses(network: Network, public: Door, address: Any) -> None:
    for url in (url_of(address), f"http://{network.name(str(address))}/"):
        libraries_refuse = antissrf_refuses(url) or hardened_refuses(url)
        network.dialled.clear()
        if door_refuses(public, url):
            assert network.dialled == []
            assert libraries_refuse or address not in GIVEN_OUT
        else:
            assert not libraries_refuse
            assert {ip_address(dialled) for dialled in network.dialled} == {address}


@quickly
@given(st.lists(addresses, min_size=2, max_size=4))
def test_one_refused_address_among_several_refuses_the_name(network: Network, public: Door, found: list[Any]) -> None:
    url = f"http://{network.name(*map(str, found))}/"
    expected = any(door_refuses(public, url_of(address)) for address in found)
    network.dialled.clear()
    assert door_refuses(public, url) is expected
    assert [ip_address(dialled) for dialled in network.dialled] == ([] if expected else list(dict.fromkeys(found)))
