"""The audit trail: who did what, chained so that a changed, lost or moved entry is seen."""
