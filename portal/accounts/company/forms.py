"""Forms of what a company says of itself."""

from __future__ import annotations

from typing import Self

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.accounts.company.models import ContactPerson, Matter
from portal.accounts.company.persons import PersonFacts
from portal.accounts.company.zones import zone_choices
from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import language
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.editing import EditForm

_TOO_LONG = _l("This is too long.")


class ZoneForm(EditForm):
    """The zone in which an account counts its days."""

    time_zone = SelectField(_l("Time zone"), [InputRequired(_l("Name a time zone."))], validate_choice=False)

    def offering(self, present: str) -> Self:
        """The same with every zone."""
        self.time_zone.choices = list(zone_choices(language().code, present))
        return self

    @classmethod
    def of(cls, present: str) -> ZoneForm:
        """As it is set."""
        return cls(formdata=None, time_zone=present).offering(present).as_saved()


class ContactPersonForm(EditForm):
    """Somebody whom the provider may ask."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter a name.")), Length(max=200, message=_TOO_LONG)],
        render_kw={"autocomplete": "off"},
    )
    position = StringField(_l("Job title"), [Length(max=200, message=_TOO_LONG)], render_kw={"autocomplete": "off"})
    matter = SelectField(_l("Answers for"), validate_choice=False, default=Matter.CONTRACT.value)
    phone = StringField(
        _l("Phone"), [Length(max=40, message=_TOO_LONG)], render_kw={"inputmode": "tel", "autocomplete": "off"}
    )
    email = StringField(
        _l("E-mail"),
        [Length(max=254, message=_TOO_LONG)],
        render_kw={"autocomplete": "off", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"},
    )

    @classmethod
    def of(cls, person: ContactPerson | None = None) -> ContactPersonForm:
        """Of a person, or of a new one."""
        form = cls(formdata=None, obj=person)
        if person is not None and person.phone:
            form.phone.data = phone.display(person.phone)
        return form.offering().as_saved()

    def offering(self) -> Self:
        """The same with every matter."""
        self.matter.choices = [(matter.value, matter_word(matter)) for matter in Matter]
        return self

    @property
    def facts(self) -> PersonFacts:
        """As it was typed."""
        fields = (self.name, self.position, self.phone, self.email, self.matter)
        return PersonFacts(*(str(field.data or "") for field in fields))


def matter_word(matter: Matter) -> str:
    """What a person answers for, in the reader's language."""
    words = {
        Matter.CONTRACT: _("contract"),
        Matter.MONEY: _("payments and documents"),
        Matter.TECHNICAL: _("technical matters"),
    }
    return words[Matter(matter)]
