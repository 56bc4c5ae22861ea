"""Settings: `PORTAL_*` environment variables, read once, checked at start, frozen afterwards."""

from portal.kernel.config.loading import load_settings as load_settings
from portal.kernel.config.readers import Network as Network
from portal.kernel.config.settings import Settings as Settings
from portal.kernel.config.settings import SettingsError as SettingsError
from portal.kernel.config.table import SETTINGS as SETTINGS
from portal.kernel.config.table import Setting as Setting
