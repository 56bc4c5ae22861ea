"""The call log at ten million calls: every filter, pairs, deep pages, searches, writing, the fill, and its peers."""
