"""The page of background jobs: what goes on, what came of it, and its results for as long as they are kept."""
