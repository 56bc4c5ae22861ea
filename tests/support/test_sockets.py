"""Tests cannot leave the machine, and cannot try it unseen."""

import socket

import pytest

from tests.support.sockets import OutsideAddressError, is_loopback


def test_a_connection_to_the_outside_is_refused(refusals: list[str]) -> None:
    with socket.socket() as outside, pytest.raises(OutsideAddressError):
        outside.connect(("192.0.2.1", 80))

    assert refusals == ["socket.connect ('192.0.2.1', 80)"]


def test_a_name_is_not_looked_up(refusals: list[str]) -> None:
    with pytest.raises(OutsideAddressError):
        socket.getaddrinfo("crm.example", 443)

    assert refusals == ["socket.getaddrinfo crm.example"]


def test_a_datagram_to_the_outside_is_refused(refusals: list[str]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(OutsideAddressError):
        outside.sendto(b"?", ("192.0.2.1", 53))

    assert len(refusals) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "", None, "0.0.0.0"])
def test_this_machine_is_open(host: str | None) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "fe80::1%lo", "::ffff:8.8.8.8", "crm.example"])
def test_everything_else_is_outside(host: str) -> None:
    assert not is_loopback(host)
