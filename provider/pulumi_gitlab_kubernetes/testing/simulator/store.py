"""The simulator's state: an SQLite database; each request is one transaction.

A request that can write runs in ``BEGIN IMMEDIATE``: its checks and writes see the same state, also
if several processes share the file. It is committed before the response is sent. A request that
only reads waits for no other.

Secrets are stored as SHA-256 digests or not at all.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from typing import Any, TypeVar

from pulumi_gitlab_kubernetes.testing.simulator.schema import SCHEMA

Row = sqlite3.Row
T = TypeVar("T")

_STATEMENTS = 512  # compiled statements to cache; more than exist
_ROWS = 1000  # rows to cache for the next request


def digest(secret: str) -> str:
    """Return the digest that is stored instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def to_timestamp(time_: datetime) -> str:
    """Return a time in GitLab's format: ISO 8601 in UTC with milliseconds."""
    utc = time_.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return utc.removesuffix("+00:00") + "Z"


def from_timestamp(text: str) -> datetime:
    """Parse the format of `to_timestamp`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class _RollbackError(Exception):
    """Rolls back a transaction."""


class Store:
    """The tables, the clock and the transactions over them.

    Args:
        path: The SQLite file, created if it does not exist; None keeps the state in memory.
    """

    def __init__(self, path: str | None) -> None:
        self._connection = sqlite3.connect(
            path or ":memory:", timeout=10, isolation_level=None, cached_statements=_STATEMENTS
        )
        self._shared = path is not None
        self._version: int | None = None  # changes when another process writes
        self._rows: dict[tuple[str, tuple[Any, ...]], Row | None] = {}
        self._settings: dict[str, Any] = {}
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        with self.transaction():
            for statement in SCHEMA.split(";\n"):
                self._connection.execute(statement)
            self._add_columns()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def run(self, work: Callable[[], T], *, reads: bool) -> T:
        """Run work in one transaction and return its result.

        Args:
            work: The work.
            reads: Whether it usually only reads, so that it need not wait for writers. If it does
                write after another process wrote, SQLite rejects that, and the work is repeated in
                a write transaction.
        """
        if reads:
            with suppress(sqlite3.OperationalError), self.transaction("DEFERRED"):
                return work()
        with self.transaction():
            return work()

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """Run the block in a transaction: committed at the end, rolled back by an exception."""
        self._connection.execute(f"BEGIN {kind}")
        try:
            self._drop_outdated_rows()
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._clear_cache()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _drop_outdated_rows(self) -> None:
        if self._shared:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                self._clear_cache()
            self._version = version
        if len(self._rows) > _ROWS:
            self._rows.clear()

    def _clear_cache(self) -> None:
        self._rows.clear()
        self._settings.clear()

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """Run the block in a transaction that is rolled back at the end."""
        with suppress(_RollbackError), self.transaction():
            yield
            raise _RollbackError

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement and return the number of affected rows."""
        return self._write(sql, values).rowcount

    def _write(self, sql: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        self._clear_cache()
        return self._connection.execute(sql, values)

    def all(self, sql: str, *values: Any) -> list[Row]:
        """Return the rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Row | None:
        """Return the first row of a query, or None.

        Rows are cached until the next write.
        """
        if self._shared and not self._connection.in_transaction:
            row: Row | None = self._connection.execute(sql, values).fetchone()
            return row
        query = (sql, values)
        if query not in self._rows:
            self._rows[query] = self._connection.execute(sql, values).fetchone()
        return self._rows[query]

    def scalar(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.one(sql, *values)
        return None if row is None else row[0]

    def _add_columns(self) -> None:
        """Add missing columns to a file of an older version."""
        columns = 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)'
        with closing(sqlite3.connect(":memory:")) as fresh:
            fresh.executescript(SCHEMA)
            for (table,) in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                present = {row["name"] for row in self.all(columns, table)}
                for name, kind, required, default in fresh.execute(columns, (table,)):
                    if name not in present:
                        default_clause = f" NOT NULL DEFAULT {default}" if required else ""
                        self.execute(
                            f"ALTER TABLE {table} ADD COLUMN {name} {kind}{default_clause}"
                        )

    # Table and column names below come from this package's code, never from a request.

    def get(self, table: str, row_id: int) -> Row | None:
        """Return a row by its id, or None."""
        if abs(row_id) >= 2**63:  # beyond SQLite's integers
            return None
        return self.one(f"SELECT * FROM {table} WHERE id = ?", row_id)

    def fetch(self, table: str, row_id: int) -> Row:
        """Return a row that is known to exist."""
        row = self.get(table, row_id)
        if row is None:
            raise LookupError(f"no row {row_id} in {table}")
        return row

    def insert(self, table: str, **values: Any) -> Row:
        """Add a row and return it."""
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
        cursor = self._write(sql, tuple(values.values()))
        return self.fetch(table, cursor.lastrowid or 0)

    def update(self, table: str, row_id: int, **values: Any) -> Row:
        """Change columns of a row and return the row."""
        if values:
            columns = ", ".join(f"{name} = ?" for name in values)
            self.execute(f"UPDATE {table} SET {columns} WHERE id = ?", *values.values(), row_id)
        return self.fetch(table, row_id)

    def delete(self, table: str, row_id: int) -> None:
        """Delete a row, and by the schema's cascades what belongs to it."""
        self.execute(f"DELETE FROM {table} WHERE id = ?", row_id)

    def setting(self, name: str, default: Any = None) -> Any:
        """Return an instance-wide value, cached until the next write or request."""
        if name not in self._settings:
            value = self.scalar("SELECT value FROM settings WHERE name = ?", name)
            self._settings[name] = None if value is None else json.loads(value)
        found = self._settings[name]
        return default if found is None else found

    def set_setting(self, name: str, value: Any) -> None:
        """Set an instance-wide value."""
        self.execute("REPLACE INTO settings (name, value) VALUES (?, ?)", name, json.dumps(value))

    def now(self) -> datetime:
        """Return the simulator's time, which `POST /-/simulator/clock` changes."""
        offset = float(self.setting("simulator.clock_offset", 0))
        return datetime.fromtimestamp(time.time() + offset, timezone.utc)

    def timestamp(self) -> str:
        """Return the simulator's time in GitLab's format."""
        return to_timestamp(self.now())

    def clear(self) -> None:
        """Delete all rows and let ids start at 1 again."""
        tables = self.all(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        self.execute("PRAGMA defer_foreign_keys = ON")
        for table in tables:
            self.execute(f"DELETE FROM {table['name']}")
        self.execute("DELETE FROM sqlite_sequence")
