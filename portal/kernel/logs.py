"""Structured logs with a request id; secrets and phone numbers are taken out before a line is written."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

import structlog

_SECRET_NAMES = re.compile(r"(?i)(password|secret|token|cookie|authorization|api_key|_key$|totp)")
_ASSIGNMENT = re.compile(r"([\w%+.-]{1,200})=([^&\s\"']+)")
_SECRET_PARAMETER = re.compile(r"(?i)(key|token|secret|password|code)$")
_PHONE_PARAMETER = re.compile(r"(?i)^(q|search|num_[abm]|caller|callee|number|numbers|did|phone|mobile)$")
_PHONE = re.compile(r"(?<![0-9A-Za-z])(?:\+|%2[Bb])?[0-9]{11,15}(?![0-9A-Za-z])")
"""A public number in its universal format: whom our clients talk to is nobody's business who reads the log."""
_BEARER = re.compile(r"(?i)(bearer\s+)\S+")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves a terminal's cursor, begins a line or turns its direction; a trace's own line ends and tabs stay."""
_API_KEY = re.compile(r"abonent\d[0-9A-Za-z]{16,}")
"""What our keys look like: one that was put where no key belongs is hidden too."""
_WORD = re.compile(r"[^\s/?&=\"']+")
_TOKEN_IN_PATH = re.compile(r"(?<=/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
"""What a token of ours looks like as a part of an address."""
HIDDEN = "***"
_SHORTEST_NUMBER = 5


def is_secret_name(name: str) -> bool:
    """Whether what has this name is to be shown to nobody."""
    return _SECRET_NAMES.search(name) is not None


def hide(text: str) -> str:
    """The text without values of keys in query strings and headers, however the parameter's name is written."""
    text = _TOKEN_IN_PATH.sub(HIDDEN, text)
    plain = _API_KEY.sub(HIDDEN, _BEARER.sub(rf"\1{HIDDEN}", _ASSIGNMENT.sub(_hide_value, text)))
    return _WORD.sub(_hide_encoded, plain) if "%" in plain else plain


def _hide_encoded(found: re.Match[str]) -> str:
    # Whoever reads `%61bonent…` can decode it, also twice.
    return HIDDEN if "%" in found[0] and _API_KEY.search(unquote(unquote(found[0]))) else found[0]


def _hide_value(found: re.Match[str]) -> str:
    # A server reads `abonent%5Fapi_ke%79` as the same name.
    name = unquote(found[1])
    if _SECRET_PARAMETER.search(name):
        return f"{found[1]}={HIDDEN}"
    is_number = _PHONE_PARAMETER.search(name) and sum(map(str.isdigit, unquote(found[2]))) >= _SHORTEST_NUMBER
    return f"{found[1]}={HIDDEN}" if is_number else found[0]


def _visible(text: str, *, is_trace: bool) -> str:
    """Without characters that forge or hide a line, wherever the text came from."""
    seen = _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return seen if is_trace else seen.replace("\n", "\\n")


def _redact(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = (
                HIDDEN
                if is_secret_name(name)
                else _visible(_PHONE.sub(HIDDEN, hide(value)), is_trace=name == "exception")
            )
    return line


def configure(level: str, form: str) -> None:
    """Sends our own lines and the libraries' through one chain to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("urllib3", "alembic", "huey", "botocore", "boto3", "s3transfer", "peewee"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
