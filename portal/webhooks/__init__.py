"""Webhooks: what a CRM is told of each call, delivered at least once, with the evidence of every attempt."""
