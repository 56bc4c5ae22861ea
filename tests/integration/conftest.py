"""The desk is there for every test of the page."""

from tests.integration.desk import desk

__all__ = ["desk"]
