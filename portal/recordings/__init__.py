"""Records of calls: stored once, played with seek, never named by a path from outside."""
