"""An employee's own mobile, and whether calls are to ring this person at all."""

from __future__ import annotations

from portal.accounts.audit import audit
from portal.contacts.models import CrmUser
from portal.contacts.queries import employee_with
from portal.contacts.services.crm_users import clean_name, find_crm_user, rename_crm_user
from portal.kernel import phone
from portal.kernel.db import announce
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _


def set_mobile(crm_user_id: int, number: str) -> CrmUser:
    """This person's own mobile, as people write it ("" for none): a call from it is no new contact.

    Raises `NotFound`, and `Refused` at the field `mobile` for no number or somebody else's.
    """
    user = find_crm_user(crm_user_id)
    try:
        digits = phone.normalise(number) if number.strip() else None
    except Refused as error:
        raise Refused(error.message, "mobile") from None
    holder = employee_with(digits) if digits else None
    if holder is not None and holder is not user:
        raise Refused(_("%(number)s is the mobile of %(name)s.", number=number.strip(), name=holder.name), "mobile")
    before, user.mobile = user.mobile, digits
    audit("crm_user.mobile", user.name, before={"mobile": before}, after={"mobile": digits})
    return user


def set_duty(crm_user_id: int, *, is_on_duty: bool) -> CrmUser:
    """Whoever is off duty is not rung, neither for new contacts nor for own ones. Raises `NotFound`."""
    user = find_crm_user(crm_user_id)
    user.is_on_duty = is_on_duty
    audit("crm_user.duty", user.name, after={"is_on_duty": is_on_duty})
    announce("phones-changed")
    return user


def edit_crm_user(crm_user_id: int, name: str, mobile: str, *, is_on_duty: bool) -> CrmUser:
    """Name, own mobile and duty at once; what is as it was leaves no line.

    Raises `NotFound`, and `Refused` at its field.
    """
    user = find_crm_user(crm_user_id)
    if clean_name(name) != user.name:
        rename_crm_user(crm_user_id, name)
    before = user.mobile
    if mobile.strip() != ("" if before is None else phone.display(before)):
        set_mobile(crm_user_id, mobile)
    if is_on_duty is not user.is_on_duty:
        set_duty(crm_user_id, is_on_duty=is_on_duty)
    return user
