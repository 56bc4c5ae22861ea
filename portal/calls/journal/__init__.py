"""What an engine tells becomes rows."""

from portal.calls.journal.ingest import Journal

__all__ = ["Journal"]
