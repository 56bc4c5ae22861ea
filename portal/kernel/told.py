"""Errors of the driver in SQLAlchemy's words."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


def told(error: Exception, statement: str, values: Any, connection: Connection) -> Exception:
    """The same error under the name that it has in every database; a connection that was lost is given up."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(cast("Any", error), connection.connection.dbapi_connection, None)
    found: Exception = DBAPIError.instance(
        statement, values, error, dialect.loaded_dbapi.Error, connection_invalidated=is_lost, dialect=dialect
    )
    if is_lost:
        connection.invalidate(error)
    return found
