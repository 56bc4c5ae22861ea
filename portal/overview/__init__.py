"""The first page: how the day goes, what rings now, whether notices arrive, how long the money lasts, what is to do."""
