"""What a new key looks like."""

from __future__ import annotations

from portal.accounts.models import ApiKey
from portal.kernel.actor import current_actor
from portal.kernel.secrets import Vault, random_word
from portal.kernel.tenancy import current_account_id

_RANDOM_LENGTH = 32
"""Of 36 letters and figures: 165 bits."""


def make_key(vault: Vault, *, is_shown_again: bool) -> tuple[ApiKey, str]:
    """A row for a new key of the entered account, and the key in plain; the row is not in the session yet."""
    plain = f"abonent{current_account_id()}{random_word(_RANDOM_LENGTH)}"
    key = ApiKey(
        lookup_hash=vault.lookup_hash(plain),
        sealed=vault.seal(plain) if is_shown_again else None,
        masked=mask(plain),
        created_by=current_actor().name,
    )
    return key, plain


def mask(plain: str) -> str:
    """Enough of a key to know it by, not enough to use it."""
    return f"{plain[:10]}{'•' * 14}{plain[-5:]}"
