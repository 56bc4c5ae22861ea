"""Pages about accounts."""

from portal.admin.companies.views import lines, listing, money, one, visits

__all__ = ["lines", "listing", "money", "one", "visits"]
