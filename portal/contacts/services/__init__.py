"""What people do with people: CRM users, their SIP accounts, the address book."""

from portal.contacts.services.address_book import add_contact, edit_contact, remove_contact, restore_contact
from portal.contacts.services.crm_import import Import, import_crm_users
from portal.contacts.services.crm_people import bring_crm_users, forget_crm_ids, take_back_crm_users
from portal.contacts.services.crm_users import add_crm_user, remove_crm_user, rename_crm_user, restore_crm_user
from portal.contacts.services.duty import edit_crm_user, set_duty, set_mobile
from portal.contacts.services.mapping import map_crm_users

__all__ = [
    "Import",
    "add_contact",
    "add_crm_user",
    "bring_crm_users",
    "edit_contact",
    "edit_crm_user",
    "forget_crm_ids",
    "import_crm_users",
    "map_crm_users",
    "remove_contact",
    "remove_crm_user",
    "rename_crm_user",
    "restore_contact",
    "restore_crm_user",
    "set_duty",
    "set_mobile",
    "take_back_crm_users",
]
