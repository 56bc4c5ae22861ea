"""`/metrics` for Prometheus: figures without names of people, numbers or secrets."""
