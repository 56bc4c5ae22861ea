"""The audio of a call; deleting it; how long records are kept; many of them as an archive."""

from portal.recordings.feature import feature as feature
from portal.recordings.views import archive, audio, keeping, removal

__all__ = ["archive", "audio", "feature", "keeping", "removal"]
