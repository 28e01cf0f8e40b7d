"""The store: the only part of Gaita that knows SQL. All of it runs in a transaction."""

from gaita.store.calendars import CalendarInForce, CalendarStore
from gaita.store.database import Database, open_database
from gaita.store.deadline_account import Account, AccountLine, AccountStore
from gaita.store.digest_schedule import DigestStore
from gaita.store.incidents import IncidentStore
from gaita.store.instances import Filter, InstanceStore
from gaita.store.keys import KeptKey, KeyStore
from gaita.store.last_moment import LastMoment, LastMomentStore
from gaita.store.messages import MessageStore, StoredMessage
from gaita.store.migrate import migrate, schema_version
from gaita.store.records import RecordStore
from gaita.store.sealed_outcomes import Happened, Loaded, happened
from gaita.store.tables import Tables
from gaita.store.timers import OpenDeadline, TimerStore
from gaita.store.transaction import Transaction
from gaita.store.workflows import DeployedWorkflow, WorkflowStore

__all__ = [
    "Account",
    "AccountLine",
    "AccountStore",
    "CalendarInForce",
    "CalendarStore",
    "Database",
    "DeployedWorkflow",
    "DigestStore",
    "Filter",
    "Happened",
    "IncidentStore",
    "InstanceStore",
    "KeptKey",
    "KeyStore",
    "LastMoment",
    "LastMomentStore",
    "Loaded",
    "MessageStore",
    "OpenDeadline",
    "RecordStore",
    "StoredMessage",
    "Tables",
    "TimerStore",
    "Transaction",
    "WorkflowStore",
    "happened",
    "migrate",
    "open_database",
    "schema_version",
]
