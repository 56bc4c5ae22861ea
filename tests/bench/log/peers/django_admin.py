"""`python -m tests.bench.log.peers.django_admin DATABASE_URL CALLS VISITS`: the list page of Django's admin.

Search and filters as its handbook has them, with choices declared, so that no page asks for distinct values.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import django
from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command

from tests.bench.log.questions import QUESTIONS, database_of, deep_missed_page, deep_page, timed

COLUMNS = ["started_at", "kind", "outcome", "caller", "callee", "did", "talk_seconds", "price"]


class Calls(AppConfig):
    """Where the calls are, as an app of Django's."""

    name = "tests.bench.log.peers"
    label = "calls"


class Router:
    """Calls are read from the portal's database; sign-in and sessions are Django's own."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        """See Django."""
        return "calls" if model._meta.app_label == "calls" else None

    def allow_migrate(self, db: str, *_about: Any, **_hints: Any) -> bool:
        """See Django."""
        return db == "default"


def main() -> None:
    """Prints {question: [p50, p95]} in milliseconds."""
    url, calls, visits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        _configure(database_of(url), Path(folder) / "own.db")
        from django.contrib.auth.models import User  # noqa: PLC0415 -- once Django is set up
        from django.test import Client  # noqa: PLC0415

        _register()
        call_command("migrate", verbosity=0)
        client = Client()
        client.force_login(User.objects.create_superuser("olga"))

        def ask(question: str) -> int:
            answer = client.get(f"/admin/calls/callrecord/?{question}")
            assert answer.status_code == 200, answer.status_code
            return answer.content.count(b"field-outcome")

        asked = {
            "first page": "",
            "deep page": f"p={deep_page(calls)}",
            "missed": "outcome__exact=missed",
            "missed, deep": f"outcome__exact=missed&p={deep_missed_page(calls)}",
            "4 digits": "q=3751",
        }
        assert asked.keys() == QUESTIONS
        sys.stdout.write(json.dumps(timed(ask, asked, visits)))


def _configure(calls: dict[str, Any], own: Path) -> None:
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="tests.bench.log.peers.django_urls",
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "tests.bench.log.peers.django_admin.Calls",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(own)}, "calls": calls},
        DATABASE_ROUTERS=["tests.bench.log.peers.django_admin.Router"],
        STATIC_URL="/static/",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def _register() -> None:
    from django.contrib import admin  # noqa: PLC0415 -- once Django is set up

    class CallAdmin(admin.ModelAdmin):
        """As in its tutorial."""

        list_display = COLUMNS
        list_filter: ClassVar[list[str]] = ["kind", "outcome"]
        search_fields: ClassVar[list[str]] = ["caller", "callee"]
        ordering: ClassVar[list[str]] = ["-started_at", "-id"]
        list_per_page = 50

        def get_queryset(self, request: Any) -> Any:
            """One company's calls."""
            return super().get_queryset(request).filter(account_id=1)

    admin.site.register(_model(), CallAdmin)


def _model() -> type[Any]:
    from django.db import models  # noqa: PLC0415 -- once Django is set up

    outcomes = [(each, each) for each in ("answered", "missed", "busy", "no-answer", "failed", "closed")]

    class CallRecord(models.Model):
        """The columns that the list shows, of the portal's own table."""

        account_id = models.BigIntegerField()
        started_at = models.BigIntegerField()
        kind = models.CharField(max_length=16, choices=[(each, each) for each in ("incoming", "outgoing", "internal")])
        outcome = models.CharField(max_length=16, null=True, choices=outcomes)  # noqa: DJ001 -- as the column is
        caller = models.CharField(max_length=48)
        callee = models.CharField(max_length=48, null=True)  # noqa: DJ001
        did = models.CharField(max_length=15, null=True)  # noqa: DJ001
        talk_seconds = models.IntegerField(null=True)
        price = models.BigIntegerField(null=True)

        class Meta:
            """Nothing of it is Django's to make."""

            app_label = "calls"
            managed = False
            db_table = "call_record"

        def __str__(self) -> str:
            return str(self.pk)

    return CallRecord


if __name__ == "__main__":
    main()
