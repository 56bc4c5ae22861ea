"""What the cabinet promises, shown."""
