"""Keys for programs: the account's main key, and further ones that may do less."""

from portal.accounts.api_keys.lookup import KeyHolder as KeyHolder
from portal.accounts.api_keys.lookup import find_key_holder as find_key_holder
from portal.accounts.api_keys.main_key import OVERLAPS as OVERLAPS
from portal.accounts.api_keys.main_key import KeyView as KeyView
from portal.accounts.api_keys.main_key import end_api_key as end_api_key
from portal.accounts.api_keys.main_key import issue_api_key as issue_api_key
from portal.accounts.api_keys.main_key import reveal_api_key as reveal_api_key
from portal.accounts.api_keys.main_key import rotate_api_key as rotate_api_key
from portal.accounts.api_keys.main_key import working_keys as working_keys
from portal.accounts.api_keys.making import mask as mask
