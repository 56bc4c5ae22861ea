"""How the installation itself does: its processes, webhooks that fail anywhere, tasks, mail."""
