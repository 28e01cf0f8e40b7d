"""The tables. Instants are integer microseconds UTC, structured values are JSON text."""

import re

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    literal_column,
)

from gaita.errors import InvalidArgument
from gaita.fault import listed, shown
from gaita.phrase import phrase

DEFAULT_PREFIX = "gaita_"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,30}", re.ASCII)
_KEPT_BY_DATABASES = ("sqlite_", "pg_")


def _check_name(what: str, name: str) -> None:
    """Refuse what no database takes as (the beginning of) a name, or keeps for its own tables."""
    if not _NAME.fullmatch(name):
        message = phrase(
            "%(what)s: expected letters of the English alphabet, digits and _, 31 at most and no digit first,"
            " such as %(example)s; found %(name)s",
            what=what,
            example=DEFAULT_PREFIX,
            name=shown(name),
        )
        raise InvalidArgument(message)
    if name.lower().startswith(_KEPT_BY_DATABASES):
        kept = listed(_KEPT_BY_DATABASES, last="and")
        message = phrase(
            "%(what)s: %(name)s begins as databases name their own tables (%(kept)s); choose another",
            what=what,
            name=shown(name),
            kept=kept,
        )
        raise InvalidArgument(message)


class Tables:
    """Every table of the engine, in a schema or behind a prefix of the host's choice."""

    def __init__(self, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> None:
        """Declare the tables; nothing is read or written.

        Raises ``InvalidArgument`` for what is no beginning of a table's name, or none of a schema.
        """
        if prefix:
            _check_name("prefix", prefix)
        if schema is not None:
            _check_name("schema", schema)
        self.prefix = prefix
        self.schema = schema
        self.metadata = MetaData(schema=schema)
        self.workflows = self._table(
            "workflows",
            Column("id", String(64), primary_key=True),
            Column("version", Integer, primary_key=True),
            Column("digest", String(64), nullable=False),
            Column("source", Text, nullable=False),
            Column("deployed_at", BigInteger, nullable=False),
        )
        self.instances = self._table(
            "instances",
            Column("id", String(200), primary_key=True),
            Column("workflow", String(64), nullable=False),
            Column("workflow_version", Integer, nullable=False),
            Column("state", Text, nullable=False),
            Column("data", Text, nullable=False),
            Column("since", BigInteger, nullable=False),
            Column("started_at", BigInteger, nullable=False),
            Column("memory", Text, nullable=False),
            Column("entered", Text, nullable=False),  # first and last entries that deadlines count from
            Column("stays", Text, nullable=False, server_default="[]"),  # in states in which clocks stand
            Column("remembered", Text, nullable=False, server_default="[]"),  # deadlines that have ended
            Column("corrected", Integer, nullable=False, server_default="0"),  # how often it was put right
            Column("armed", Integer, nullable=False),  # deadlines ever armed: the account's left side
            Column("version", Integer, nullable=False),
            Column("refusal", String(64)),
            Column("sequence", Integer, nullable=False),
            Column("head", String(64), nullable=False),  # the hash of the last record
            Column("folded", Text, nullable=False),  # what a text search looks through
            ForeignKeyConstraint(
                ["workflow", "workflow_version"], [self.workflows.c.id, self.workflows.c.version]
            ),
        )
        Index(f"ix_{prefix}instances_state", self.instances.c.workflow, self.instances.c.state)
        self.deadlines = self._table(
            "deadlines",
            Column("instance", String(200), primary_key=True),
            Column("number", Integer, primary_key=True),
            Column("rule", Text, nullable=False),
            Column("armed_at", BigInteger, nullable=False),
            Column("since", BigInteger, nullable=False),
            Column("due", BigInteger, nullable=False),
            Column("clipped", Boolean, nullable=False),
            Column("occurrence", Integer, nullable=False),
            Column("course", Text, nullable=False),  # what happened to its clock
            Column("paused_at", BigInteger),  # null: its clock runs
            Column("provisional", Boolean, nullable=False),  # past what its calendar knows
            Column("ending", String(16)),  # null: open
            Column("ended_at", BigInteger),
            Column("late", BigInteger),  # microseconds after due, for a missed one
            Column("renewals", Integer, nullable=False, server_default="0"),  # how often timers were set anew
            Column("restated", Boolean, nullable=False, server_default="0"),  # met, by what is known now
        )
        open_deadline = self.deadlines.c.ending.is_(None)
        Index(
            f"ix_{prefix}deadlines_open",
            self.deadlines.c.due,
            sqlite_where=open_deadline,
            postgresql_where=open_deadline,
        )
        self.timers = self._table(
            "timers",
            Column("instance", String(200), primary_key=True),
            Column("deadline", Integer, primary_key=True),
            # Its place among the rule's moments; 10000 more each time that timers were set anew.
            Column("number", Integer, primary_key=True),
            Column("due", BigInteger),  # null: its deadline is paused or provisional, and it cannot fire
            Column("ending", String(16)),  # null: open
            Column("ended_at", BigInteger),
            Column("late", BigInteger),  # microseconds after its moment, for a fired one
            Column("incident", Integer),  # held back until this incident is resolved
        )
        waiting = (
            self.timers.c.ending.is_(None) & self.timers.c.incident.is_(None) & self.timers.c.due.is_not(None)
        )
        # The scheduler's one question is "what is due next?": it reads this index and nothing else.
        Index(
            f"ix_{prefix}timers_due",
            self.timers.c.due,
            self.timers.c.instance,
            sqlite_where=waiting,
            postgresql_where=waiting,
        )
        self.calendars = self._table(
            "calendars",  # all that were ever in force; the last one of a name still is
            Column("name", String(64), primary_key=True),
            Column("number", Integer, primary_key=True),  # from 1
            Column("digest", String(64), nullable=False),
            Column("content", Text, nullable=False),
            Column("applied_at", BigInteger, nullable=False),
            Column("applied_by", Text, nullable=False),
        )
        self.digests = self._table(
            "digests",  # when each summary is to be written next
            Column("name", String(200), primary_key=True),
            Column("next_at", BigInteger, nullable=False),
        )
        self.records = self._table(
            "records",
            Column("instance", String(200), primary_key=True),
            Column("sequence", Integer, primary_key=True),
            Column("body", Text, nullable=False),
            Column("hash", String(64), nullable=False),
        )
        self.keys = self._table(
            "keys",
            Column("instance", String(200), primary_key=True),
            Column("key", String(200), primary_key=True),
            Column("command", String(64), nullable=False),  # the digest of the command it came with
            Column("sequence", Integer, nullable=False),  # the record that tells the outcome
            Column("used_at", BigInteger, nullable=False),
        )
        Index(f"ix_{prefix}keys_used_at", self.keys.c.used_at)
        self.messages = self._table(
            "messages",
            Column("number", Integer, primary_key=True, autoincrement=True),
            Column("id", String(300), nullable=False, unique=True),  # the idempotency key
            Column("kind", String(16), nullable=False),
            Column("recipient", String(64), nullable=False),
            Column("instance", String(200), nullable=False),
            Column("workflow", String(80), nullable=False),
            Column("state", Text, nullable=False),
            Column("rule", Text, nullable=False),
            Column("deadline", Integer, nullable=False),
            Column("due", BigInteger, nullable=False),
            Column("at", BigInteger, nullable=False),
            Column(
                "timer", Integer, nullable=False, server_default="0"
            ),  # its place among the rule's moments
            Column("folded", Text, nullable=False, server_default="[]"),  # the places it reports as well
            Column("spread_at", BigInteger),  # null: nobody has worked out yet who is to hear
            Column("words", Text),  # what whoever put the case right says of it
            Column("moot", Integer),  # the record of the correction by which it would never have been written
        )
        unspread = self.messages.c.spread_at.is_(None) & self.messages.c.moot.is_(None)
        Index(
            f"ix_{prefix}messages_unspread",
            self.messages.c.number,
            sqlite_where=unspread,
            postgresql_where=unspread,
        )
        self.deliveries = self._table(
            "deliveries",
            Column("number", Integer, primary_key=True, autoincrement=True),
            Column("key", String(400), nullable=False, unique=True),  # the idempotency key
            Column("message", Integer, nullable=False),
            Column("channel", String(64), nullable=False),  # empty: nobody was found to hear
            Column("recipient", Text, nullable=False),
            Column("state", String(16), nullable=False),
            Column("attempts", Integer, nullable=False),
            Column("next_at", BigInteger, nullable=False),  # 0: at once; under a lease, when that runs out
            Column("lease", String(32)),  # the token of whoever is handing it over
            Column("error", Text),
            Column("incident", Integer),  # the one that reports it
            Column("ended_at", BigInteger),
            Column("ended_by", Text),
            Column("reason", Text),  # why somebody dropped it
        )
        awaited = self.deliveries.c.state == literal_column("'waiting'")
        # A worker's one question is "what is next for this channel?": it reads this index and nothing else.
        Index(
            f"ix_{prefix}deliveries_next",
            self.deliveries.c.channel,
            self.deliveries.c.next_at,
            self.deliveries.c.number,
            sqlite_where=awaited,
            postgresql_where=awaited,
        )
        Index(f"ix_{prefix}deliveries_state", self.deliveries.c.state, self.deliveries.c.number)
        Index(f"ix_{prefix}deliveries_message", self.deliveries.c.message)
        self.incidents = self._table(
            "incidents",
            Column("number", Integer, primary_key=True, autoincrement=True),
            Column("opened_at", BigInteger, nullable=False),
            Column("instance", String(200)),
            Column("code", String(64), nullable=False),
            Column("message", Text, nullable=False),
            Column("closed_at", BigInteger),
            Column("closed_by", Text),
            Column("told_at", BigInteger),  # when the summary was written that tells administrators of it
        )

        self.change_nothing = self.keys.delete().where(false())
        """What takes SQLite's write lock in a transaction that somebody else has begun."""

    def _table(self, name: str, *parts: Column[object] | ForeignKeyConstraint) -> Table:
        return Table(f"{self.prefix}{name}", self.metadata, *parts)
