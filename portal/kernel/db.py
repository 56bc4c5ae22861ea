"""The database: one session per app context, one transaction per request or job, committed in one place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, TypeVar, cast

from flask import Flask, current_app, g
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import JSON, BigInteger, Connection, Dialect, MetaData, Table, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Session

from portal.kernel import inserts, postgresql, sqlite, tenancy
from portal.kernel.actor import current_actor, set_actor
from portal.kernel.bells import CHANNEL, Bells, live_topic
from portal.kernel.clock import UtcDateTime
from portal.kernel.money import MoneyColumn
from portal.kernel.tenancy import AccountOwned, Scope, TenancyError

_IS_STAMPED = {"stamped": True}
_READ_ONCE = "read once"
_LAST = "to be written last"
_T = TypeVar("_T")
_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime,
        Decimal: MoneyColumn,
        int: BigInteger,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        table = cls.__dict__.get("__table__")
        if isinstance(table, Table) and issubclass(cls, AccountOwned):
            table.info["owned"] = True


class GuardedSession(FlaskSession):
    """A session that knows its account and refuses the ways around it."""

    def bulk_save_objects(self, *_args: Any, **_kwargs: Any) -> None:
        raise TenancyError("bulk_save_objects passes the guards by")

    def bulk_insert_mappings(self, *_args: Any, **_kwargs: Any) -> None:
        raise TenancyError("bulk_insert_mappings passes the guards by")

    def bulk_update_mappings(self, *_args: Any, **_kwargs: Any) -> None:
        raise TenancyError("bulk_update_mappings passes the guards by")


tenancy.guard(GuardedSession)

db = SQLAlchemy(
    metadata=Model.metadata,
    session_options={"class_": GuardedSession, "expire_on_commit": False},
    disable_autonaming=True,
)


def init_app(app: Flask, database_url: str, *, pool_size: int, bells: Bells, cache_megabytes: int = 32) -> None:
    """Binds the app to its database; each connection to SQLite caches so much of it."""
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 8, "pool_timeout": 30}
    if not database_url.startswith("sqlite"):
        options |= postgresql.options(database_url)
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    app.extensions["portal.bells"] = bells
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            sqlite.tune(db.engine, lambda: bool(g and g.get("writes", False)), cache_megabytes=cache_megabytes)
        else:
            postgresql.tune(db.engine, tenancy.entered)


def dialect() -> Dialect:
    """Which SQL this installation speaks."""
    return db.engine.dialect


def is_sqlite() -> bool:
    """Whether the database is SQLite: for the few statements that need other words on each database."""
    return db.engine.dialect.name == "sqlite"


Held = TypeVar("Held", bound=Model)


def hold(row: Held) -> Held:
    """The row as it is now, kept from everybody else until the end of the transaction."""
    db.session.refresh(row, with_for_update=True)
    return row


def ring(*topics: str) -> None:
    """Rings after this transaction's commit; a rollback forgets it."""
    db.session.info.setdefault("bells", set()).update(topics)


def announce(name: str) -> None:
    """Tells the open pages of the entered account, after the commit, that something changed (`calls-changed`)."""
    ring(live_topic(tenancy.current_account_id(), name))


def last(write: Callable[[Sequence[_T]], None], *items: _T) -> None:
    """Has `write` write these just before the transaction is committed, together with all that it was given since the
    transaction began; a rollback forgets them.
    """
    db.session.info.setdefault(_LAST, {}).setdefault(write, []).extend(items)


def listening(prefix: str) -> frozenset[str]:
    """Who listens to bells now under names that begin so."""
    bells: Bells = current_app.extensions["portal.bells"]
    return bells.listening(db.session.connection(), prefix)


def notify(connection: Connection, topics: Iterable[str]) -> None:
    """Rings on PostgreSQL, which delivers at the commit."""
    names = sorted(topics)
    # A notice holds less than 8000 bytes, and one that is longer would undo the transaction.
    for start in range(0, len(names), 50):
        postgresql.notify(connection, CHANNEL, "\n".join(names[start : start + 50]))


@event.listens_for(GuardedSession, "before_commit")
def _write_last(session: Session) -> None:
    for write, items in session.info.pop(_LAST, {}).items():
        write(items)


@event.listens_for(GuardedSession, "before_commit")
def _ring_inside(session: Session) -> None:
    bells: Bells = current_app.extensions["portal.bells"]
    topics = session.info.get("bells")
    if topics and bells.rings_in_transaction:
        session.info.pop("bells")
        notify(session.connection(), topics)


@event.listens_for(GuardedSession, "after_commit")
def _ring_after(session: Session) -> None:
    topics = session.info.pop("bells", None)
    if topics:
        current_app.extensions["portal.bells"].ring(topics)


@event.listens_for(GuardedSession, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("bells", None)
    session.info.pop(_LAST, None)


@contextmanager
def unit_of_work(*, writes: bool) -> Iterator[UnitOfWork]:
    """The transaction of the present app context: committed at the end unless `undo()` was called or an error came."""
    g.writes = writes
    work = UnitOfWork()
    try:
        yield work
        if not writes:
            _end_reading()
        elif work.is_undone:
            # Rows stay readable after their transaction; a rollback would empty them.
            db.session.expunge_all()
            db.session.rollback()
        else:
            db.session.commit()
    except BaseException:
        db.session.rollback()
        # Whoever tells of it only reads, and a reader does not wait for the writer that was in the way.
        g.writes = False
        raise


def _end_reading() -> None:
    """What the session would still write is dropped; a statement that writes has no place here, and would be kept.

    Not undone, though: at a rollback psycopg would forget the statements that its connection has prepared. Planned
    anew by each page, they took PostgreSQL twice as long.
    """
    session = db.session()
    session.expunge_all()
    session.info.clear()
    session.commit()


class UnitOfWork:
    """The handle of an open transaction."""

    is_undone = False

    def undo(self) -> None:
        """Nothing of this transaction is to be kept."""
        self.is_undone = True


@contextmanager
def transaction(
    account_id: int | None = None, *, everything: str | None = None, writes: bool = True
) -> Iterator[Session]:
    """A transaction with a session and a scope of its own, whatever the caller's are: for jobs, engines and the
    few views that must commit before they answer. Who acts stays the same.

    `account_id` names the one account; `everything` says, for the tested short list, why all accounts are needed;
    neither gives only the tables that belong to no account.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    actor = current_actor()
    with app.app_context():
        set_actor(actor)
        if account_id is not None:
            g.scope = Scope(account_id=account_id)
        elif everything is not None:
            g.scope = Scope(reason=everything)
        with unit_of_work(writes=writes):
            yield db.session()


def once(key: Hashable, read: Callable[[], _T]) -> _T:
    """What `read` answers, asked once in this transaction: for what holds to its end, such as a row that is locked."""
    session = db.session()
    of, kept = session.info.get(_READ_ONCE, (None, {}))
    if of is None or of is not session.get_transaction():
        kept = {}
    if key not in kept:
        kept[key] = read()
        session.info[_READ_ONCE] = (session.get_transaction(), kept)
    found: _T = kept[key]
    return found


def upsert(
    model: type[Model],
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    change: Mapping[str, Any] | None = None,
) -> int:
    """Inserts, or, where a row with this `key` exists, changes it (else leaves it). Answers the rows touched.

    `change` maps column names to values or expressions over the model's columns. Rows of owned tables are stamped.
    What each call waits for is `kernel.prepared`.
    """
    make, table = _making_insert(), _table(model)
    touched = inserts.leaving(make, table, key) if change is None else inserts.changing(make, table, key, change)
    return len(db.session.execute(touched, _stamped(model, values), execution_options=_IS_STAMPED).all())


def _table(model: type[Model]) -> Table:
    return cast("Table", model.__table__)


def _making_insert() -> Callable[[Table], Any]:
    """The INSERT of this database, which knows what to do about conflicts."""
    return sqlite_insert if is_sqlite() else postgresql_insert


def _stamped(model: type[Model], values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the account that was entered. Raises `TenancyError` where that is not theirs."""
    rows = [dict(values)] if isinstance(values, Mapping) else [dict(row) for row in values]
    if issubclass(model, AccountOwned):
        scope = tenancy.current_scope()
        for row in rows:
            if scope is None or (scope.account_id is None and "account_id" not in row):
                raise TenancyError(f"no account has been entered for a new {model.__name__}")
            if row.setdefault("account_id", scope.account_id) != scope.account_id and scope.account_id is not None:
                raise TenancyError(f"{model.__name__} belongs to another account")
    return rows
