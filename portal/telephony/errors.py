"""What can keep an engine from its switch, and a call from being placed."""

from portal.kernel.config import SettingsError
from portal.kernel.errors import Conflict


class SwitchInUse(SettingsError):
    """Another engine drives this switch already; the message says what to do."""

    def __init__(self, switch: str) -> None:
        super().__init__(
            f'The switch "{switch}" is driven by another "portal engine" already: '
            "end that one, or give this one a PORTAL_SWITCH of its own."
        )


class PhoneOffline(Conflict):
    """The phone that an order would ring first is not connected."""

    code = "phone_offline"


class SinkClosed(Exception):
    """The process ends before a record could be handed over: it stays where it is."""


class ScribeLost(RuntimeError):
    """The process that writes has died: the engine ends too, and both are to be started anew."""
