"""An amount of time, as declared. Its arithmetic is in ``gaita.calendar``, and nowhere else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """Months and days of the calendar with exact microseconds on top of them; or working time alone.

    ``text`` is what the operator wrote. Without microseconds an amount speaks of whole days. Working days
    and working microseconds stand alone: an amount that has one of them has nothing else.
    """

    text: str
    months: int = 0
    days: int = 0
    microseconds: int = 0
    working_days: int = 0
    working_microseconds: int = 0

    @property
    def is_zero(self) -> bool:
        """Whether it is no time at all."""
        return not (self.months or self.days or self.microseconds or self.is_working)

    @property
    def is_working(self) -> bool:
        """Whether it counts working time, so that a calendar is needed."""
        return bool(self.working_days or self.working_microseconds)

    @property
    def is_exact(self) -> bool:
        """Whether it ends at an instant of its own, not with a day."""
        return bool(self.microseconds or self.working_microseconds)
