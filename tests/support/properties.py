"""Plugin: how hypothesis searches. No deadline, since a busy machine is no fault of the code."""

import os

from hypothesis import settings

settings.register_profile("here", deadline=None, print_blob=True)
# A change is judged by the same examples as the one before it; a developer's runs look further.
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
