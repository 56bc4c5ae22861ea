"""What people see of webhooks and do there."""
