"""Where a leg can be dialled: an SIP account of ours or a number of the outside world.

Both travel as text in one form each: ``SIP/00000000672`` and ``74951234567`` (digits with the country
code, no plus). This module alone tells them apart.
"""

import re

_SIP_PREFIX = "SIP/"
_SIP = re.compile(r"SIP/[A-Za-z0-9][A-Za-z0-9_.-]{0,43}")
_NUMBER = re.compile(r"[0-9]{2,15}")


def is_sip_account(address: str) -> bool:
    """True for the address of an SIP account (``SIP/...``), False for anything else."""
    return _SIP.fullmatch(address) is not None


def is_outside_number(address: str) -> bool:
    """True for 2 to 15 digits, the longest number that E.164 knows."""
    return _NUMBER.fullmatch(address) is not None


def sip_address(name: str) -> str:
    """The address of the SIP account ``name`` (``00000000672`` gives ``SIP/00000000672``).

    Raises ValueError where the name holds anything but Latin letters, digits and ``_ . -``, or more than 44 of them.
    """
    address = _SIP_PREFIX + name
    if not is_sip_account(address):
        raise ValueError(f"not a name of an SIP account: {name!r}")
    return address
