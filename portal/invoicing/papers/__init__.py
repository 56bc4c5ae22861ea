"""Numbered papers: drawn up once, frozen, kept as a PDF; a mistake gets a paper of its own."""
