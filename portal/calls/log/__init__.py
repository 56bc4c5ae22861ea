"""The call log: what it is filtered and searched by, its pages by key, the bar above it."""
