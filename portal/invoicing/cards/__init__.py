"""Payments by card: through YooKassa, and in the demo through a sandbox of our own."""
