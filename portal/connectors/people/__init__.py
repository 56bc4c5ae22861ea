"""The CRM's users come in: looked at, chosen, taken back."""
