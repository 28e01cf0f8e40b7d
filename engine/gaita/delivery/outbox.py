"""The outbox as a service sees it: delivering, looking at deliveries, retrying and dropping them."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection

from gaita.arguments import Arguments
from gaita.context.context import Context
from gaita.delivery.address_book import AddressBook
from gaita.delivery.channel_worker import ChannelWorker
from gaita.delivery.failure_log import FailureLog
from gaita.delivery.fan_out import FanOut
from gaita.delivery.notice_composer import NoticeComposer, Summaries, from_json
from gaita.delivery.rate_limit import RateLimit
from gaita.delivery.route import Delivered, Route
from gaita.delivery.threads import DeliveryThreads
from gaita.errors import InvalidArgument, UnknownDelivery
from gaita.model.incident import NOBODY_HEARS, NOT_TOLD
from gaita.model.notice import Recipient
from gaita.model.outcome import Message, Trouble
from gaita.phrase import phrase
from gaita.ports import Recipients
from gaita.store import StoredMessage
from gaita.store.deliveries import DeliveryState, DeliveryStore, StoredDelivery
from gaita.store.transaction import Transaction

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way to one recipient over one channel."""

    number: int
    key: str
    """The idempotency key: the same for every attempt."""
    message: Message
    channel: str
    """Empty, where nobody was found to hear."""
    recipient: Recipient
    """As resolved when the message was spread."""
    state: DeliveryState
    attempts: int
    next_at: datetime | None
    """When it is tried next, at the earliest; ``None``: at once, or not any more."""
    underway: bool
    """Whether somebody is handing it over; ``next_at`` is then when they are no longer waited for."""
    error: str | None
    """Why it failed last."""
    ended_at: datetime | None
    ended_by: str | None
    """Who dropped it."""
    reason: str | None
    """Why it was dropped."""


class Outbox:
    """Hands over what was written and committed, at least once, and tells how that stands."""

    def __init__(
        self,
        context: Context,
        *,
        recipients: Recipients | None = None,
        summaries: Mapping[str, Summaries] | None = None,
        chance: Random | None = None,
    ) -> None:
        """Wire it.

        ``recipients``: who bears a role (nobody, by default); ``summaries``: who makes the messages that tell
        of no single deadline, by their kind; ``chance`` draws the waits after failures.
        """
        self._context = context
        self._deliveries = DeliveryStore(context.store.tables)
        book = AddressBook() if recipients is None else recipients
        self._fan_out = FanOut(context, self._deliveries, book, summaries or {})
        self._composer = NoticeComposer(context, book, summaries or {})
        # Waits are spread out, nothing is kept secret by them.
        self._chance = Random() if chance is None else chance  # noqa: S311
        self._rates: dict[tuple[str, int | None], RateLimit] = {}
        self._failures: dict[str, FailureLog] = {}

    # -- delivering

    def deliver(self, routes: Sequence[Route]) -> Delivered:
        """Try every delivery that is due now, once each; every route in threads of its own.

        It returns when the slowest of the channels is done. Raises ``InvalidArgument`` where two routes bear
        the same name.
        """
        until = self._context.clock.now()
        workers = self._workers(routes)
        total = Delivered(unheard=self._fan_out.spread(routes))
        if not workers:
            return total
        with ThreadPoolExecutor(len(workers), thread_name_prefix="gaita-deliver") as threads:
            rounds = [threads.submit(worker.round, until) for worker in workers]
        for each in rounds:
            total += each.result()
        return total

    def post(
        self, routes: Sequence[Route], *, look_every: timedelta = timedelta(seconds=30)
    ) -> DeliveryThreads:
        """Return what delivers in the background once it is started. Raises what ``deliver`` raises."""
        return DeliveryThreads(
            self._context.clock,
            lambda: self._fan_out.spread(routes),
            self._workers(routes),
            look_every=look_every,
            watch=self._context.watch,
        )

    def _workers(self, routes: Sequence[Route]) -> list[ChannelWorker]:
        names = [route.name for route in routes]
        if len(set(names)) < len(names) or not all(names):
            message = phrase(
                "the routes are named %(names)s: each wants its own", names=", ".join(map(repr, names))
            )
            raise InvalidArgument(message)
        workers: list[ChannelWorker] = []
        for route in routes:
            limit = route.limits.per_minute
            rate = self._rates.setdefault((route.name, limit), RateLimit(limit))
            failures = self._failures.setdefault(route.name, FailureLog(route.name))
            workers.extend(
                ChannelWorker(
                    self._context,
                    self._deliveries,
                    self._composer,
                    route,
                    rate=rate,
                    failures=failures,
                    chance=self._chance,
                )
                for _ in range(route.limits.concurrency)
            )
        return workers

    # -- looking

    def list(
        self,
        *,
        state: DeliveryState | Collection[DeliveryState] | None = None,
        channel: str | None = None,
        after: int = 0,
        limit: int = 100,
        connection: Connection | None = None,
    ) -> Sequence[Delivery]:
        """Return deliveries behind number ``after``, in order: all, or some states', or a channel's."""
        with Arguments(phrase("the list")) as check:
            channel = check.optional_name(channel, "channel")
            after, limit = check.number(after, "after", 0), check.limit(limit)
        states: Collection[DeliveryState] | None = (state,) if isinstance(state, str) else state
        with self._context.reading(connection) as transaction:
            found = self._deliveries.every(
                transaction, states=states, channel=channel, after=after, most=limit
            )
            messages = self._context.store.outbox.many(transaction, {each.message for each in found})
        return [_delivery(each, messages[each.message]) for each in found]

    def messages(
        self, *, after: int = 0, limit: int = 1000, connection: Connection | None = None
    ) -> Sequence[StoredMessage]:
        """Return messages in the order they were written, behind number ``after``."""
        with Arguments(phrase("the list")) as check:
            after, limit = check.number(after, "after", 0), check.limit(limit)
        with self._context.reading(connection) as transaction:
            return self._context.store.outbox.every(transaction, after=after, most=limit)

    def unspread(self, *, connection: Connection | None = None) -> int:
        """Return how many messages wait for a first round of delivery."""
        with self._context.reading(connection) as transaction:
            return self._context.store.outbox.count_unspread(transaction)

    # -- seeing to it

    def retry(self, number: int, *, actor: str = "system", connection: Connection | None = None) -> None:
        """Let a delivery be tried at once, as if it had not been yet; its incident is closed.

        Where nobody was found to hear, they are looked for again. Raises ``UnknownDelivery`` where there is
        none, and where it was delivered.
        """
        with Arguments(phrase("the retry")) as check:
            number, actor = check.number(number, "number"), check.actor(actor)
        with self._context.writing(connection) as transaction:
            self._retry(transaction, self._open(transaction, number), actor)

    def retry_dead(
        self, *, channel: str | None = None, actor: str = "system", connection: Connection | None = None
    ) -> int:
        """Do so for each that was given up or unheard, of one channel or of all; return how many."""
        with Arguments(phrase("the retry")) as check:
            channel, actor = check.optional_name(channel, "channel"), check.actor(actor)
        states: tuple[DeliveryState, ...] = ("dead",) if channel is not None else ("dead", "unheard")
        count = 0
        for state in states:
            after = 0
            while True:
                with self._context.writing(connection) as transaction:
                    found = self._deliveries.every(
                        transaction, states=[state], channel=channel, after=after, most=_PAGE
                    )
                    for each in found:
                        self._retry(transaction, each, actor)
                if not found:
                    break
                count += len(found)
                after = found[-1].number
        return count

    def drop(
        self, number: int, reason: str, *, actor: str = "system", connection: Connection | None = None
    ) -> None:
        """Give a delivery up for good; its incident is closed. The row says who did it, and why.

        Raises ``UnknownDelivery`` where there is none or it was delivered, ``MalformedCommand`` without a
        reason.
        """
        with Arguments(phrase("the drop")) as check:
            number, actor, given = check.number(number, "number"), check.actor(actor), check.reason(reason)
            if not given:
                check.wrong("reason", phrase("is empty; expected why it need not be delivered"))
        with self._context.writing(connection) as transaction:
            found = self._open(transaction, number)
            now = self._context.clock.now()
            self._close_incident(transaction, found, actor)
            self._deliveries.drop(transaction, number, reason.strip(), actor, now)

    def _open(self, transaction: Transaction, number: int) -> StoredDelivery:
        found = self._deliveries.find(transaction, number, for_update=True)
        if found is None:
            message = phrase(
                "there is no delivery %(number)s; `gaita outbox list` shows those there are", number=number
            )
            raise UnknownDelivery(message)
        if found.state == "delivered":
            message = phrase(
                "delivery %(number)s was handed over already: nothing can be done about it any more",
                number=number,
            )
            raise UnknownDelivery(message)
        return found

    def _retry(self, transaction: Transaction, found: StoredDelivery, actor: str) -> None:
        if found.leased and found.next_at is not None and found.next_at > self._context.clock.now():
            return  # it is being handed over at this moment
        self._close_incident(transaction, found, actor)
        if found.channel:
            self._deliveries.revive(transaction, found.number)
        else:
            self._deliveries.remove(transaction, found.number)
            store = self._context.store
            store.outbox.spread_again(transaction, found.message)
            if found.error is not None:  # opened anew, should there still be nobody
                for code in (NOBODY_HEARS, NOT_TOLD):
                    told = Trouble(code, found.error)
                    store.incidents.close_all(transaction, told, actor, self._context.clock.now())

    def _close_incident(self, transaction: Transaction, found: StoredDelivery, actor: str) -> None:
        if found.incident is not None:
            incident = self._context.store.incidents.find(transaction, found.incident)
            if incident is not None and incident.closed_at is None:
                self._context.store.incidents.close(
                    transaction, found.incident, actor, self._context.clock.now()
                )
            self._deliveries.tell(transaction, found.number, None)


def _delivery(stored: StoredDelivery, message: Message) -> Delivery:
    waits = stored.state == "waiting"
    return Delivery(
        stored.number,
        stored.key,
        message,
        stored.channel,
        from_json(stored.recipient),
        stored.state,
        stored.attempts,
        stored.next_at if waits else None,
        waits and stored.leased,
        stored.error,
        stored.ended_at,
        stored.ended_by,
        stored.reason,
    )
