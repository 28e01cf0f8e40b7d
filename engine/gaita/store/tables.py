"""The tables. Instants are integer microseconds UTC, structured values are JSON text."""

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
)

DEFAULT_PREFIX = "gaita_"


class Tables:
    """Every table of the engine, in a schema or behind a prefix of the host's choice."""

    def __init__(self, prefix: str = DEFAULT_PREFIX, schema: str | None = None) -> None:
        """Declare the tables; nothing is read or written."""
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
            Column("ending", String(16)),  # null: open
            Column("ended_at", BigInteger),
            Column("late", BigInteger),  # microseconds after due, for a missed one
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
            Column("number", Integer, primary_key=True),  # its place among the rule's moments
            Column("due", BigInteger, nullable=False),
            Column("ending", String(16)),  # null: open
            Column("ended_at", BigInteger),
            Column("late", BigInteger),  # microseconds after its moment, for a fired one
            Column("incident", Integer),  # held back until this incident is resolved
        )
        waiting = self.timers.c.ending.is_(None) & self.timers.c.incident.is_(None)
        # The scheduler's one question is "what is due next?": it reads this index and nothing else.
        Index(
            f"ix_{prefix}timers_due",
            self.timers.c.due,
            self.timers.c.instance,
            sqlite_where=waiting,
            postgresql_where=waiting,
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
            Column("delivered_at", BigInteger),
            Column("attempts", Integer, nullable=False),
            Column("error", Text),
        )
        undelivered = self.messages.c.delivered_at.is_(None)
        Index(
            f"ix_{prefix}messages_undelivered",
            self.messages.c.number,
            sqlite_where=undelivered,
            postgresql_where=undelivered,
        )
        self.incidents = self._table(
            "incidents",
            Column("number", Integer, primary_key=True, autoincrement=True),
            Column("opened_at", BigInteger, nullable=False),
            Column("instance", String(200)),
            Column("code", String(64), nullable=False),
            Column("message", Text, nullable=False),
            Column("closed_at", BigInteger),
            Column("closed_by", Text),
        )

    def _table(self, name: str, *parts: Column[object] | ForeignKeyConstraint) -> Table:
        return Table(f"{self.prefix}{name}", self.metadata, *parts)
