"""The simulator's state: one SQLite file, every request one transaction.

A request that may write runs inside ``BEGIN IMMEDIATE``, so checks and the writes that follow them
see the same state, in one process and between several on one file. What has been answered has been
committed. One that only reads waits for nobody.

Secrets are kept as SHA-256 digests, or not at all.
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

_STATEMENTS = 512  # kept compiled; more than there are
_ANSWERS = 1000  # kept for the next request


def digest(secret: str) -> str:
    """Return what the store keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def to_timestamp(moment: datetime) -> str:
    """Return GitLab's spelling of a moment: ISO 8601 in UTC with milliseconds."""
    utc = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return utc.removesuffix("+00:00") + "Z"


def from_timestamp(text: str) -> datetime:
    """Return the moment that `to_timestamp` spelled."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class _UndoneError(Exception):
    """Undoes a rehearsal."""


class Store:
    """The tables, the clock and the transactions over them.

    Args:
        path: the SQLite file, made when absent; None keeps the state in memory.
    """

    def __init__(self, path: str | None) -> None:
        self._connection = sqlite3.connect(
            path or ":memory:", timeout=10, isolation_level=None, cached_statements=_STATEMENTS
        )
        self._shared = path is not None
        self._version: int | None = None  # changes when another process has written
        self._answers: dict[tuple[str, tuple[Any, ...]], Row | None] = {}
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
        """Do something inside one transaction and return what it returns.

        Args:
            work: what to do.
            reads: it hardly ever writes, so it need not wait for writers. If it does write, after
                another process did, SQLite refuses; it is done once more then, as a writer.
        """
        if reads:
            with suppress(sqlite3.OperationalError), self.transaction("DEFERRED"):
                return work()
        with self.transaction():
            return work()

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """Make everything inside one transaction: committed at the end, undone by an exception."""
        self._connection.execute(f"BEGIN {kind}")
        try:
            self._forget_outdated_answers()
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._forget()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _forget_outdated_answers(self) -> None:
        if self._shared:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                self._forget()
            self._version = version
        if len(self._answers) > _ANSWERS:
            self._answers.clear()

    def _forget(self) -> None:
        self._answers.clear()
        self._settings.clear()

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Make everything inside one transaction that is undone at the end."""
        with suppress(_UndoneError), self.transaction():
            yield
            raise _UndoneError

    def execute(self, sql: str, *values: Any) -> int:
        """Run one statement and return the number of rows it touched."""
        return self._write(sql, values).rowcount

    def _write(self, sql: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        self._forget()
        return self._connection.execute(sql, values)

    def all(self, sql: str, *values: Any) -> list[Row]:
        """Return the rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Row | None:
        """Return the first row of a query, or None.

        The same question is put to SQLite once, until anybody writes anything.
        """
        if self._shared and not self._connection.in_transaction:
            row: Row | None = self._connection.execute(sql, values).fetchone()
            return row
        question = (sql, values)
        if question not in self._answers:
            self._answers[question] = self._connection.execute(sql, values).fetchone()
        return self._answers[question]

    def scalar(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self.one(sql, *values)
        return None if row is None else row[0]

    def _add_columns(self) -> None:
        """Add to a file of an older version the columns it lacks."""
        columns = 'SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)'
        with closing(sqlite3.connect(":memory:")) as fresh:
            fresh.executescript(SCHEMA)
            for (table,) in fresh.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                there = {row["name"] for row in self.all(columns, table)}
                for name, kind, required, default in fresh.execute(columns, (table,)):
                    if name not in there:
                        rule = f" NOT NULL DEFAULT {default}" if required else ""
                        self.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}{rule}")

    # Table and column names below come from this package's own source, never from a request.

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
        """Remove a row and, by the schema's cascades, what belongs to it."""
        self.execute(f"DELETE FROM {table} WHERE id = ?", row_id)

    def setting(self, name: str, default: Any = None) -> Any:
        """Return an instance-wide value; another process's is seen from the next request on."""
        if name not in self._settings:
            value = self.scalar("SELECT value FROM settings WHERE name = ?", name)
            self._settings[name] = None if value is None else json.loads(value)
        found = self._settings[name]
        return default if found is None else found

    def set_setting(self, name: str, value: Any) -> None:
        """Keep an instance-wide value."""
        self.execute("REPLACE INTO settings (name, value) VALUES (?, ?)", name, json.dumps(value))

    def now(self) -> datetime:
        """Return the simulator's time, which `/-/simulator/clock` moves."""
        offset = float(self.setting("simulator.clock_offset", 0))
        return datetime.fromtimestamp(time.time() + offset, timezone.utc)

    def timestamp(self) -> str:
        """Return the simulator's time as GitLab spells it."""
        return to_timestamp(self.now())

    def clear(self) -> None:
        """Empty every table and let ids begin at 1 again."""
        tables = self.all(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        self.execute("PRAGMA defer_foreign_keys = ON")
        for table in tables:
            self.execute(f"DELETE FROM {table['name']}")
        self.execute("DELETE FROM sqlite_sequence")
