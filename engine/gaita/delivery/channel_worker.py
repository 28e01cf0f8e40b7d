"""A channel worker: takes what is due on one route to its channel, and notes how it fared."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from secrets import token_hex
from typing import Literal

from gaita.context.context import Context
from gaita.delivery.failure_log import FailureLog
from gaita.delivery.notice_composer import Composed, NoticeComposer
from gaita.delivery.rate_limit import RateLimit
from gaita.delivery.route import LONGEST, SOONEST, Delivered, Route
from gaita.errors import GaitaError, Postponed, Undeliverable
from gaita.model.incident import DEAD_LETTER, NOT_TOLD
from gaita.model.notice import Digest, IncidentSummary, Notice
from gaita.model.outcome import Trouble
from gaita.store.deliveries import DeliveryStore, StoredDelivery
from gaita.store.transaction import Transaction

_MOST = 128
"""So many at most are leased, composed and marked in one go."""
_QUICK = timedelta(milliseconds=250)
"""What took longer is marked at once: a process that is killed then repeats little."""
_LONGEST_ERROR = 2000


@dataclass(frozen=True, slots=True)
class _Fate:
    """What became of one attempt."""

    delivery: StoredDelivery
    kind: Literal["delivered", "again", "dead"]
    error: str = ""
    at: datetime | None = None
    """When the channel wants to be tried again."""
    cause: str = ""
    """The error as it may be logged."""


class ChannelWorker:
    """Serves one route. Several may serve the same one: a lease gives each delivery to one of them."""

    def __init__(
        self,
        context: Context,
        deliveries: DeliveryStore,
        composer: NoticeComposer,
        route: Route,
        *,
        rate: RateLimit,
        failures: FailureLog,
        chance: Random,
    ) -> None:
        self._context = context
        self._deliveries = deliveries
        self._composer = composer
        self.route = route
        self._rate = rate
        self._failures = failures
        self._chance = chance

    def next_at(self, now: datetime | None = None) -> datetime | None:
        """Return when there is something to do again, past or future; ``None``: nothing waits.

        It is never before ``now`` (the clock's present, unless given).

        What would wait for longer than anything is put off was put off by a clock that was set back since:
        it is due now.
        """
        now = self._context.clock.now() if now is None else now
        limits = self.route.limits
        latest = now + max(LONGEST, limits.cap, limits.lease)
        with self._context.reading() as transaction:
            due = self._deliveries.next_at(transaction, self.route.name)
        if due is None:
            return None
        if due > latest:
            with self._context.writing() as transaction:
                self._deliveries.recover(transaction, self.route.name, latest, now)
            due = now
        return max(due, self._rate.free_at(now))

    def round(
        self, until: datetime | None = None, *, stopping: Callable[[], bool] = lambda: False
    ) -> Delivered:
        """Try each delivery that is due at ``until`` (by default the present), until none is left.

        It ends early where ``stopping`` says so, or where the channel's rate is used up.
        """
        limit = self._context.clock.now() if until is None else until
        total = Delivered()
        size = 1
        while not stopping():
            begun = self._context.clock.now()
            due = self.next_at(begun)
            if due is None or due > max(limit, begun):
                break
            allowed = self._rate.reserve(size, begun)
            token = token_hex(16)
            with self._context.writing() as transaction:
                runs_out = begun + self.route.limits.lease
                taken = self._deliveries.take(transaction, self.route.name, limit, allowed, token, runs_out)
            self._rate.give_back(allowed - len(taken))
            if not taken:
                break
            total += self._carry(taken, token, begun, stopping)
            # Few at a time over a channel that takes its time, many over one that is quick.
            quick = self._context.clock.now() - begun < _QUICK
            size = min(size * 2, _MOST) if quick else max(size // 2, 1)
        return total

    def _carry(
        self, taken: Sequence[StoredDelivery], token: str, begun: datetime, stopping: Callable[[], bool]
    ) -> Delivered:
        clock = self._context.clock
        with self._context.reading() as transaction:
            composed = self._composer.compose(transaction, taken, self.route, clock.now())
        left = deque(zip(taken, composed, strict=True))
        fates: list[_Fate] = []
        marked = begun
        total = Delivered()
        try:
            while left:
                delivery, what = left.popleft()
                fates.append(self._hand_over(delivery, what))
                now = clock.now()
                if now - marked >= _QUICK:
                    total += self._mark(fates, token)
                    fates, marked = [], now
                if stopping() or now - begun > self.route.limits.lease / 2:
                    break  # before the lease runs out, and somebody else takes them
        finally:
            total += self._mark(fates, token, [delivery for delivery, _ in left])
        return total

    def _hand_over(self, delivery: StoredDelivery, what: Composed) -> _Fate:
        if delivery.attempts > self.route.limits.most_attempts:
            told = delivery.error or "each time whoever was handing it over came to an end"
            return _Fate(delivery, "dead", told, cause="it was tried often enough")
        try:
            if isinstance(what, Exception):
                raise what  # noqa: TRY301 - what could not be composed fared as what could not be handed over
            match what:
                case Digest():
                    self.route.channel.digest(what)
                case IncidentSummary():
                    self.route.channel.incidents(what)
                case Notice():
                    self.route.channel.deliver(what)
        except Undeliverable as error:
            return _Fate(delivery, "dead", str(error), cause=str(error))
        except Postponed as error:
            at = error.until if error.after is None else self._context.clock.now() + min(error.after, LONGEST)
            return _Fate(delivery, self._after(delivery), str(error), at, str(error))
        except Exception as error:  # noqa: BLE001 - a channel may fail in any way it likes; others must still hear
            told = f"{type(error).__name__}: {error}"
            return _Fate(delivery, self._after(delivery), told, cause=_loggable(error))
        return _Fate(delivery, "delivered")

    def _after(self, delivery: StoredDelivery) -> Literal["again", "dead"]:
        return "again" if delivery.attempts < self.route.limits.most_attempts else "dead"

    def _mark(self, fates: Sequence[_Fate], token: str, untried: Sequence[StoredDelivery] = ()) -> Delivered:
        if not fates and not untried:
            return Delivered()
        now = self._context.clock.now()
        with self._context.writing() as transaction:
            done = [fate.delivery.number for fate in fates if fate.kind == "delivered"]
            if done:
                self._deliveries.delivered(transaction, done, token, now)
            for fate in fates:
                error = _plain(fate.error)
                number = fate.delivery.number
                if fate.kind == "again":
                    self._deliveries.again(transaction, number, token, self._next(fate, now), error)
                elif fate.kind == "dead" and self._deliveries.dead(transaction, number, token, now, error):
                    self._tell(transaction, fate.delivery, error, now)
            self._deliveries.give_back(transaction, untried, token)
        self._rate.give_back(len(untried))
        self._log(fates, now)
        dead = sum(fate.kind == "dead" for fate in fates)
        return Delivered(len(done), len(fates) - len(done), dead)

    def _log(self, fates: Sequence[_Fate], now: datetime) -> None:
        """Log what was not delivered, by cause."""
        causes: dict[str, list[_Fate]] = {}
        for fate in fates:
            if fate.kind != "delivered":
                causes.setdefault(_plain(fate.cause), []).append(fate)
        for cause, failed in causes.items():
            given_up = sum(fate.kind == "dead" for fate in failed)
            self._failures.note(
                cause, now, failed=len(failed), given_up=given_up, first=failed[0].delivery.number
            )

    def _tell(self, transaction: Transaction, delivery: StoredDelivery, error: str, now: datetime) -> None:
        store = self._context.store
        message = store.outbox.many(transaction, [delivery.message]).get(delivery.message)
        instance = message.instance or None if message is not None else None
        own = message is not None and message.kind == "incidents"
        trouble = Trouble(NOT_TOLD if own else DEAD_LETTER, _dead_letter(delivery, error))
        incident = store.incidents.open(transaction, instance, trouble, now)
        self._deliveries.tell(transaction, delivery.number, incident)

    def _next(self, fate: _Fate, now: datetime) -> datetime:
        if fate.at is None:
            return now + self.route.limits.wait(fate.delivery.attempts, self._chance)
        return min(max(fate.at, now + SOONEST), now + LONGEST)


def _plain(error: str) -> str:
    """Return what went wrong as any database keeps it: a mail server may answer in any bytes it likes."""
    return error[:_LONGEST_ERROR].encode(errors="backslashreplace").decode().replace("\x00", "")


def _loggable(error: Exception) -> str:
    """Return an error without what a message may hold.

    What a channel raises on purpose is meant for operators. Of any other error, its kind and what the
    operating system says.
    """
    if isinstance(error, GaitaError):
        return str(error)
    system = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {system}" if system else type(error).__name__


def _dead_letter(delivery: StoredDelivery, error: str) -> str:
    """Return what an operator is told; who it was for is in the list, not here."""
    times = "once" if delivery.attempts == 1 else f"{delivery.attempts} times"
    return (
        f"delivery {delivery.number} over {delivery.channel} was tried {times} and given up: {error};"
        f" `gaita outbox retry {delivery.number}` tries it again"
    )
