"""Secrets: looked up by a keyed hash, encrypted where they must be shown again, never logged.

Every key is derived from the installation's secret by HKDF-SHA256 (RFC 5869) with its own label, so that a
leak of one use does not open another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_ALPHABET = b"0123456789abcdefghijklmnopqrstuvwxyz"
# A random byte becomes a character; the last four are left out, since 252 is the greatest multiple of 36 in a byte.
_CHARACTER = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_UNFAIR = bytes(range(256 - 256 % len(_ALPHABET), 256))


def derive(secret: str, label: str) -> bytes:
    """A 32-byte key for one use, from the installation's secret."""
    return HKDF(SHA256(), 32, salt=None, info=label.encode()).derive(secret.encode())


def random_token() -> str:
    """256 random bits, safe in a cookie or URL."""
    return secrets.token_urlsafe(32)


def random_word(length: int) -> str:
    """Random figures and small letters: a double click selects it whole."""
    word = ""
    while len(word) < length:
        word += secrets.token_bytes(length + 8).translate(_CHARACTER, _UNFAIR).decode("ascii")
    return word[:length]


class Vault:
    """The installation's ring of keys: the first secret seals, all of them open."""

    def __init__(self, secret: str, *retired: str) -> None:
        self._ring = MultiFernet([Fernet(base64.urlsafe_b64encode(derive(s, "vault"))) for s in (secret, *retired)])
        self._hash_keys = [derive(s, "lookup") for s in (secret, *retired)]

    def lookup_hash(self, token: str) -> str:
        """The same for the same token, useless without the installation's secret: what a table may hold."""
        return self.lookup_hashes(token)[0]

    def lookup_hashes(self, token: str) -> list[str]:
        """What a table may hold for this token: `lookup_hash`, and those of retired secrets."""
        return [hmac.new(key, token.encode(), hashlib.sha256).hexdigest() for key in self._hash_keys]

    def seal(self, plain: str) -> str:
        """Encrypted and authenticated text that `open` gives back."""
        return self._ring.encrypt(plain.encode()).decode()

    def open(self, sealed: str) -> str:
        """The plain text. Raises `ValueError` where the installation's secret is not the one that sealed it."""
        try:
            return self._ring.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise ValueError("this secret was sealed by another installation's PORTAL_SECRET_KEY") from None
