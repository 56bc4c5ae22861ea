"""The same calls in the lists of Django's admin and of Flask-Admin: each a program that prints its times as JSON."""
