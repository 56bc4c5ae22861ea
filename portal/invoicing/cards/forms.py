"""The operator's shop at YooKassa."""

from __future__ import annotations

from wtforms import BooleanField, PasswordField, StringField

from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm


class ShopForm(BaseForm):
    """Shop id and secret key. The key is never shown again; an empty field keeps it."""

    shop_id = StringField(_l("Shop id (shopId)"), render_kw={"autocomplete": "off", "inputmode": "numeric"})
    secret = PasswordField(_l("Secret key"), render_kw={"autocomplete": "new-password"})
    is_on = BooleanField(_l("Take payments by card"))
