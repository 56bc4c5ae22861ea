"""For WSGI servers: `portal.wsgi:app`."""

import os

from portal.app import create_app
from portal.kernel.config import load_settings

# As the command line has it: no other user of the machine may read what is written.
os.umask(0o077)
app = create_app(load_settings())
