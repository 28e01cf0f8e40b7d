"""The engine: joins the store, the step and the clock; wakes for what is due; delivers what was written."""

from gaita.engine.calendars import CalendarPlan, Calendars, DeadlineMove
from gaita.engine.catalogue import Deployment
from gaita.engine.delivery.channel import Channel, Delivered, Limits, Postponed, Route, Undeliverable
from gaita.engine.delivery.digests import DigestPlan
from gaita.engine.delivery.notice import Digest, FeedEntry, Need, Notice, Recipient, Upcoming
from gaita.engine.delivery.outbox import Delivery, Outbox
from gaita.engine.delivery.post import Post
from gaita.engine.delivery.recipients import Absence, Book, Person, Recipients
from gaita.engine.directory import Directory, StatedRoles
from gaita.engine.engine import Engine, Page
from gaita.engine.identity import Identities
from gaita.engine.ledger import Ledger, LedgerEntry
from gaita.engine.receipt import Receipt
from gaita.engine.scheduler import Scheduler
from gaita.engine.sweep import Sweep
from gaita.engine.verification import Verification

__all__ = [
    "Absence",
    "Book",
    "CalendarPlan",
    "Calendars",
    "Channel",
    "DeadlineMove",
    "Delivered",
    "Delivery",
    "Deployment",
    "Digest",
    "DigestPlan",
    "Directory",
    "Engine",
    "FeedEntry",
    "Identities",
    "Ledger",
    "LedgerEntry",
    "Limits",
    "Need",
    "Notice",
    "Outbox",
    "Page",
    "Person",
    "Post",
    "Postponed",
    "Receipt",
    "Recipient",
    "Recipients",
    "Route",
    "Scheduler",
    "StatedRoles",
    "Sweep",
    "Undeliverable",
    "Upcoming",
    "Verification",
]
