"""Secrets that are pushed through every place that takes one, and then looked for everywhere."""
