"""Letters about coming in, each in the language of whoever gets it."""

from __future__ import annotations

from portal.accounts.models import User
from portal.accounts.people.links import can_be_mailed, mailed_link
from portal.accounts.people.models import Invitation
from portal.kernel.clock import now
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import speaking
from portal.kernel.mail.outbox import send_mail
from portal.web.filters import device


def mail_invitation(invitation: Invitation, company: str, token: str) -> bool:
    """The link, to whoever is invited, in the language of whoever invites; False where it cannot go by mail."""
    if not can_be_mailed():
        return False
    days = (invitation.expires_at - now()).days + 1
    lines = (
        _("%(who)s invites you to the telephony cabinet of %(company)s.", who=invitation.created_by, company=company),
        "",
        mailed_link("accounts.invitation", token=token),
        "",
        _("The link works once, within %(days)s days. If you do not know what this is about, do nothing.", days=days),
        "",
    )
    return send_mail(invitation.email, _("Invitation to %(company)s", company=company), "\n".join(lines))


def mail_reset(user: User, token: str) -> bool:
    """The link for a new password; False where it cannot go by mail."""
    if not can_be_mailed():
        return False
    with speaking(user.locale):
        lines = (
            _("Somebody asked for a new password for your sign-in to the telephony cabinet."),
            "",
            mailed_link("accounts.reset", token=token),
            "",
            _("The link works once, within an hour. If it was not you, do nothing: the password stays as it is."),
            "",
        )
        return send_mail(user.email, _("A new password"), "\n".join(lines))


def tell_of_new_password(user: User) -> None:
    """That it has changed: whoever did not do it must hear of it."""
    _tell(user, _("Your password was changed"), _("The password of your sign-in was changed."))


def tell_of_new_place(user: User, user_agent: str, network: str) -> None:
    """That somebody signed in from where the person never did before."""
    with speaking(user.locale):
        text = _(
            "Somebody has signed in as you: %(device)s, from %(network)s.", device=device(user_agent), network=network
        )
    _tell(user, _("A new sign-in"), text)


def tell_of_guesses(user: User, count: int) -> None:
    """That passwords were tried before the right one came: it may have been somebody else."""
    with speaking(user.locale):
        text = _("Before you signed in just now, wrong passwords were tried for your e-mail: %(count)s.", count=count)
        subject = _("Wrong passwords were tried")
    _tell(user, subject, text)


def tell_of_new_email(user: User, email: str) -> None:
    """To the address that it was until now."""
    with speaking(user.locale):
        text = _("You sign in with another e-mail from now on: %(email)s.", email=email)
        subject = _("Your e-mail was changed")
    _tell(user, subject, text)


def tell_of_second_factor(user: User, text: str) -> None:
    """That what proves the person has changed; `text` says what, in the person's language."""
    _tell(user, _("Your second factor was changed"), text)


def _tell(user: User, subject: str, text: str) -> None:
    with speaking(user.locale):
        lines = (
            text,
            "",
            _("If it was not you, ask for a new password at the sign-in and tell your administrator."),
            "",
        )
        send_mail(user.email, subject, "\n".join(lines))
