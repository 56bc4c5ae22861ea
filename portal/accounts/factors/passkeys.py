"""Passkeys: made, named, removed, and signed in with. The browser does the proving, `webauthn` checks it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.accounts.factors.models import Passkey
from portal.accounts.models import User
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

log = structlog.get_logger(__name__)

MOST = 20
_LONGEST_NAME = 60
_WORTH_CHECKING = 100_000
"""Characters of an answer; a browser's has a few thousand."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who we are to the browser: the host's name, and the whole origin."""

    host: str
    origin: str


def passkeys_of(user_id: int) -> Sequence[Passkey]:
    """A person's, the oldest first."""
    return db.session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)).all()


def options_to_make(vault: Vault, site: Site, user: User, challenge: bytes) -> str:
    """What the browser needs to make one, as JSON."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.host,
            rp_name="Portal",
            user_id=bytes.fromhex(vault.lookup_hash(f"passkeys of\0{user.id}")),
            user_name=user.email,
            user_display_name=user.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=_described(passkeys_of(user.id)),
        )
    )


def options_to_use(site: Site, challenge: bytes, known: Sequence[Passkey] = ()) -> str:
    """What the browser needs to use one, as JSON; without `known`, the person chooses among the device's."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site.host,
            challenge=challenge,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def add_passkey(site: Site, user_id: int, answer: str, challenge: bytes, name: str) -> Passkey:
    """Keeps what the browser made. Raises `Refused`."""
    if len(passkeys_of(user_id)) >= MOST:
        raise Refused(_("You have very many passkeys: remove one first."), "name")
    credential = _read(answer)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        log.info("passkey_refused", reason=type(error).__name__)
        raise Refused(_("The passkey could not be made. Try again.")) from None
    key = Passkey(
        user_id=user_id,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=base64.b64encode(made.credential_public_key).decode(),
        sign_count=made.sign_count,
        name=_name(name),
        transports=_transports(credential),
    )
    db.session.add(key)
    db.session.flush()
    return key


def use_passkey(site: Site, answer: str, challenge: bytes) -> Passkey:
    """The passkey that has answered, whose it is stands in it. Raises `Refused` in the same words for every fault."""
    credential = _read(answer)
    named = credential.get("id")
    key = db.session.scalar(select(Passkey).where(Passkey.credential_id == named).with_for_update()) if named else None
    if key is None:
        raise _not_taken()
    try:
        proof = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64.b64decode(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        # Also a count that went back: somebody may have copied the device.
        log.warning("passkey_refused", passkey=key.id, user=key.user_id, reason=str(error)[:200])
        raise _not_taken() from None
    key.sign_count, key.last_used_at = proof.new_sign_count, now()
    return key


def rename_passkey(user_id: int, passkey_id: int, name: str) -> Passkey:
    """Another name for an own one. Raises `NotFound`, `Refused`."""
    key = find_passkey(user_id, passkey_id)
    key.name = _name(name)
    return key


def find_passkey(user_id: int, passkey_id: int) -> Passkey:
    """An own one. Raises `NotFound` for anybody else's."""
    key = db.session.get(Passkey, passkey_id)
    if key is None or key.user_id != user_id:
        raise NotFound
    return key


def _described(keys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential_id)) for key in keys]


def _read(answer: str) -> dict[str, object]:
    try:
        read = json.loads(answer) if len(answer) < _WORTH_CHECKING else None
    except ValueError:
        read = None
    if not isinstance(read, dict) or not isinstance(read.get("id", ""), str):
        raise _not_taken()
    return read


def _transports(credential: dict[str, object]) -> list[str] | None:
    response = credential.get("response")
    given = response.get("transports") if isinstance(response, dict) else None
    return [str(word)[:20] for word in given[:6]] if isinstance(given, list) else None


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME:
        raise Refused(_("Give the passkey a name of at most %(longest)s characters.", longest=_LONGEST_NAME), "name")
    return name


def _not_taken() -> Refused:
    return Refused(_("The passkey was not accepted. Try again, or sign in in another way."))
