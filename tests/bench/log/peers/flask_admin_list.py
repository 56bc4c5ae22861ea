"""`python -m tests.bench.log.peers.flask_admin_list DATABASE_URL CALLS VISITS`: the list page of Flask-Admin."""

import json
import sys
from typing import ClassVar

from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_babel import Babel
from sqlalchemy import BigInteger, Integer, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Query, mapped_column, scoped_session, sessionmaker

from tests.bench.log.questions import QUESTIONS, deep_missed_page, deep_page, timed


class Base(DeclarativeBase):
    """Of the one table."""


class CallRecord(Base):
    """The columns that the list shows."""

    __tablename__ = "call_record"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String)
    outcome: Mapped[str | None] = mapped_column(String)
    caller: Mapped[str] = mapped_column(String)
    callee: Mapped[str | None] = mapped_column(String)
    did: Mapped[str | None] = mapped_column(String)
    talk_seconds: Mapped[int | None] = mapped_column(Integer)
    price: Mapped[int | None] = mapped_column(BigInteger)


class CallView(ModelView):
    """As in its handbook."""

    can_create = can_edit = can_delete = False
    page_size = 50
    named_filter_urls = True
    column_list: ClassVar[list[str]] = [
        "started_at", "kind", "outcome", "caller", "callee", "did", "talk_seconds", "price",
    ]  # fmt: skip
    column_searchable_list: ClassVar[list[str]] = ["caller", "callee"]
    column_filters: ClassVar[list[str]] = ["kind", "outcome"]
    column_default_sort: ClassVar[list[tuple[str, bool]]] = [("started_at", True), ("id", True)]

    def get_query(self) -> "Query[CallRecord]":
        """One company's calls."""
        query: Query[CallRecord] = super().get_query().filter(CallRecord.account_id == 1)
        return query

    def get_count_query(self) -> "Query[int]":
        """Of the same."""
        query: Query[int] = super().get_count_query().filter(CallRecord.account_id == 1)
        return query


def main() -> None:
    """Prints {question: [p50, p95]} in milliseconds."""
    url, calls, visits = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    options = {} if url.startswith("sqlite") else {"connect_args": {"options": "-c portal.account=all"}}
    app = Flask("peer")
    app.config["SECRET_KEY"] = "bench"
    Babel(app)
    session = scoped_session(sessionmaker(create_engine(url, **options)))
    Admin(app).add_view(CallView(CallRecord, session, endpoint="calls", url="calls"))
    client = app.test_client()

    def ask(question: str) -> int:
        answer = client.get(f"/admin/calls/?{question}")
        assert answer.status_code == 200, answer.status_code
        session.remove()
        return answer.get_data().count(b'class="col-outcome"')

    missed = "flt0_outcome_equals=missed"
    asked = {
        "first page": "",
        "deep page": f"page={deep_page(calls) - 1}",
        "missed": missed,
        "missed, deep": f"{missed}&page={deep_missed_page(calls) - 1}",
        "4 digits": "search=3751",
    }
    assert asked.keys() == QUESTIONS
    sys.stdout.write(json.dumps(timed(ask, asked, visits)))


if __name__ == "__main__":
    main()
