"""How a case stands apart from what a notice says of its deadline: closed, and by whom; over; stuck."""

from typing import Literal, TypeAlias

from gaita import Notice, Stuck
from gaita.texts import Language
from gaita_adapters.presenting.titles import state_title

Standing: TypeAlias = Literal["closed by the system", "moved by the system", "closed", "over", "stuck"]


def standing_of(notice: Notice) -> Standing | None:
    """Return what a reader must know first; ``None``: the case goes on, and so does the deadline."""
    workflow, instance = notice.workflow, notice.instance
    if notice.led_to is not None:
        return "closed by the system" if workflow.is_final(notice.led_to) else "moved by the system"
    if instance is not None and workflow.is_final(instance.state):
        return "closed"
    if notice.stuck is not None:
        return "stuck"
    return "over" if notice.is_over else None


def standing_words(notice: Notice, language: Language) -> str | None:
    """Return the same as a sentence."""
    here = notice.led_to or (notice.instance.state if notice.instance else notice.message.state)
    state = state_title(notice.workflow, here, language)
    match standing_of(notice):
        case "closed by the system":
            return language.gettext("The system itself has closed the case: “%(state)s”.", state=state)
        case "moved by the system":
            return language.gettext("The system itself has moved the case on: “%(state)s”.", state=state)
        case "closed":
            return language.gettext("The case is closed: “%(state)s”.", state=state)
        case "over":
            return language.gettext("The deadline is over by now.")
        case "stuck":
            return stuck_words(notice.stuck, language)
        case None:
            return None


def waiting_words(notice: Notice, language: Language) -> str | None:
    """Return why a notice is not sent yet, as a sentence; ``None``: nothing holds it back."""
    match notice.waits_for:
        case "calendar":
            return language.gettext("This notice is not sent before the deadline's calendar knows more days.")
        case "clock":
            return language.gettext("This notice is not sent while the deadline's clock stands.")
        case None:
            return None


def stuck_words(stuck: Stuck | None, language: Language) -> str | None:
    """Return that a case is stuck, and by which incident; ``None`` where it is not."""
    if stuck is None:
        return None
    if stuck.incident is None:
        return language.gettext("The case is stuck: an operator has to see to it.")
    return language.gettext(
        "The case is stuck: an operator has to see to it (incident %(incident)s).", incident=stuck.incident
    )
