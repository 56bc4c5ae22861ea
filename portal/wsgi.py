"""For WSGI servers: `portal.wsgi:app`."""

from portal.app import create_app
from portal.kernel.config import load_settings

app = create_app(load_settings())
