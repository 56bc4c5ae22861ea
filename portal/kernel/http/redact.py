"""Secrets out of texts that go to a log, a list or an error."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

MASK = "***"

# A name is secret when its last word is one of these: abonent_api_key, accessToken, auth[application_token], X-Api-Key.
_SECRET_WORDS = frozenset({"apikey", "auth", "authorization", "cookie", "key", "passwd", "password", "secret", "token"})
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

# Begins where a word begins: a long text without any "=" is otherwise read again from each of its letters.
_NAME = re.compile(r"(?<![\w%.+\[\]-])([\w%.+\[\]-]+)=")
_VALUE = re.compile(r"[^&\s\"]*")
_HEADER = re.compile(r"(?m)^([\w-]+):[ \t]*[^\s][^\r\n]*")
_JSON = re.compile(
    r"""(?P<before>(?P<quote>["'])(?P<name>[^"'\n]{1,64})(?P=quote)\s*:\s*)(?P<open>["'])(?:\\.|(?!(?P=open))[^\\\n])*(?P=open)"""
)
_SCHEME_WORD = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+")
_USER = re.compile(r"(?<=://)[^/?#\s@\"]*@")


def redact(text: str) -> str:
    """The text with `***` for each secret value in queries, forms, JSON, header lines, and before a URL's host."""
    text = _USER.sub(f"{MASK}@", text)
    text = _HEADER.sub(_header, text)
    text = _JSON.sub(_json, text)
    text = _SCHEME_WORD.sub(rf"\1 {MASK}", text)
    return _pairs(text)


def is_secret(name: str) -> bool:
    """Whether what stands under this name (a parameter, a header, a field) is never to be shown."""
    words = _WORDS.findall(unquote_plus(name))
    return bool(words) and words[-1].lower() in _SECRET_WORDS


def _header(match: re.Match[str]) -> str:
    return f"{match[1]}: {MASK}" if is_secret(match[1]) else match[0]


def _json(match: re.Match[str]) -> str:
    return f"{match['before']}{match['open']}{MASK}{match['open']}" if is_secret(match["name"]) else match[0]


def _pairs(text: str) -> str:
    """`name=value`, where a value ends at `&`, white space or a quote, since it may hold anything else unescaped."""
    kept: list[str] = []
    position = 0
    while (match := _NAME.search(text, position)) is not None:
        kept.append(text[position : match.end()])
        position = match.end()
        if is_secret(match[1]) and (value := _VALUE.match(text, position)) is not None:
            kept.append(MASK if value[0] else "")
            position = value.end()
    return "".join([*kept, text[position:]])
