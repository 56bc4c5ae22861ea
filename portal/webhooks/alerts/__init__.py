"""What an admin must hear of: a webhook that fails, was switched off, or is back. Once per change."""
