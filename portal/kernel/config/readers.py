"""How the text of a setting is read. Each raises `ValueError` with words that go on after the setting's name."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return text

    return read


def between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8,fd00::/8") from None


def url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return text.rstrip("/")


def database(text: str) -> str:
    if not text:
        return ""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("must look like postgresql://user:password@host/name or sqlite:////path/portal.db") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.get_backend_name() == "sqlite":
        return text
    raise ValueError("must name PostgreSQL or SQLite; other databases are not supported")


def bucket(text: str) -> tuple[str, str] | None:
    """A bucket and a prefix that is empty or ends with a slash; None for nothing."""
    if not text:
        return None
    match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([0-9A-Za-z._/-]*))?", text)
    if match is None:
        raise ValueError("must look like s3://bucket or s3://bucket/prefix")
    prefix = (match[2] or "").strip("/")
    return match[1], f"{prefix}/" if prefix else ""


def secret(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError("must have at least 32 characters (make one with: openssl rand -hex 32)")
    return text


def secrets(text: str) -> tuple[str, ...]:
    return tuple(secret(part) for part in text.split(",") if part)


def switch(text: str) -> bool:
    """`on` or `off`."""
    return one_of("on", "off")(text) == "on"


def optional(text: str) -> str | None:
    """Any text; None for nothing."""
    return text or None


def mail_address(text: str) -> str | None:
    """One e-mail address; None for nothing."""
    if text and not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text):
        raise ValueError("must be one e-mail address such as cabinet@example.ru")
    return text or None
