"""What can keep an engine from its switch."""

from portal.kernel.config import SettingsError


class SwitchInUse(SettingsError):
    """Another engine drives this switch already; the message says what to do."""

    def __init__(self, switch: str) -> None:
        super().__init__(
            f'The switch "{switch}" is driven by another "portal engine" already: '
            "end that one, or give this one a PORTAL_SWITCH of its own."
        )
