"""A URL as far as it can be judged without asking anybody.

An own strict reader, since the standard one mends what it reads (it drops tabs and line ends), and what is checked here
must be what is dialled later.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import quote

import idna

from portal.kernel.http.addresses import Address, AddressPolicy
from portal.kernel.http.errors import UrlReason, UrlRefused

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?]*)(?P<path>[^?]*)(?P<query>.*)", re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>.*))?", re.DOTALL)
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\ud800-\udfff\ufeff\u200b-\u200f\u202a-\u202e\u2060]|\s")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """A URL that may be sent to, as far as its text tells.

    `host` is lower-case ASCII without brackets and final dot; `literal` is set when it is an address. `target` is what
    stands in the request line: path and query as given.
    """

    scheme: str
    host: str
    port: int
    target: str
    literal: Address | None = None

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host_header}{self.target}"


def check_url(url: str, policy: AddressPolicy, *, max_length: int, is_https_only: bool = False) -> CheckedUrl:
    """Read a URL, or raise UrlRefused with the first reason against it."""
    if len(url) > max_length:
        raise UrlRefused(UrlReason.TOO_LONG)
    if _UNSEEN.search(url):
        raise UrlRefused(UrlReason.CHARACTERS)
    if "#" in url:
        raise UrlRefused(UrlReason.FRAGMENT)
    match = _URL.fullmatch(url)
    scheme = match["scheme"].lower() if match else ""
    if match is None or scheme not in _DEFAULT_PORTS or (is_https_only and scheme != "https"):
        raise UrlRefused(UrlReason.SCHEME)
    host, port = _authority(match["authority"], _DEFAULT_PORTS[scheme])
    host, literal = _check_host(host, policy)
    return CheckedUrl(scheme, host, port, _target(match["path"], match["query"]), literal)


def _authority(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise UrlRefused(UrlReason.CREDENTIALS)
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise UrlRefused(UrlReason.HOST)
    if match["host"] in {"", "[]", "."}:
        raise UrlRefused(UrlReason.NO_HOST)
    return match["host"], default_port if match["port"] is None else _port(match["port"])


def _port(text: str) -> int:
    # Below 1024 live mail, SSH and their like: a request to them would speak for this host in another protocol.
    if re.fullmatch(r"[0-9]{1,5}", text) and (int(text) in {80, 443} or 1024 <= int(text) <= 65535):
        return int(text)
    raise UrlRefused(UrlReason.PORT)


def _check_host(host: str, policy: AddressPolicy) -> tuple[str, Address | None]:
    if host.startswith("["):
        return _checked_literal(_ipv6(host[1:-1]), policy)
    name = _ascii_name(host)
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        address = _ipv4(name)
        if str(address) != host and policy.is_allowed(address):
            raise UrlRefused(UrlReason.SPELLING)
        return _checked_literal(address, policy)
    # RFC 6761: these names are loopback whatever DNS says.
    if (name == "localhost" or name.endswith(".localhost")) and not policy.is_allowed(_LOOPBACK):
        raise UrlRefused(UrlReason.ADDRESS)
    return name, None


def _checked_literal(address: Address, policy: AddressPolicy) -> tuple[str, Address]:
    if not policy.is_allowed(address):
        raise UrlRefused(UrlReason.ADDRESS)
    return str(address), address


def _ipv6(text: str) -> ipaddress.IPv6Address:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise UrlRefused(UrlReason.HOST) from None
    if address.scope_id is not None:  # a zone means link-local
        raise UrlRefused(UrlReason.ADDRESS)
    return address


def _ipv4(name: str) -> ipaddress.IPv4Address:
    """A host that ends in a number is an address in one of its spellings, as inet_aton and browsers read it."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError:
        raise UrlRefused(UrlReason.HOST) from None


def _ascii_name(host: str) -> str:
    name = host.lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise UrlRefused(UrlReason.HOST) from None
    name = name.removesuffix(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise UrlRefused(UrlReason.HOST)
    return name


def _target(path: str, query: str) -> str:
    """Path and query as given. Only what no request line can hold, characters outside ASCII, is encoded."""
    target = (path or "/") + query
    return target if target.isascii() else "".join(c if c.isascii() else quote(c) for c in target)
