"""An amount of time, as declared. Its arithmetic is in ``gaita.calendar``, and nowhere else."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Amount:
    """Months and days of the calendar, and exact microseconds on top of them.

    ``text`` is what the operator wrote. Without microseconds an amount speaks of whole days.
    """

    text: str
    months: int = 0
    days: int = 0
    microseconds: int = 0

    @property
    def is_zero(self) -> bool:
        """Whether it is no time at all."""
        return not (self.months or self.days or self.microseconds)
