"""What the tests of the channels build on: a real notice and digest in Latvian, and texts for them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

from gaita import Accepted, Digest, IncidentSummary, Message, Need, Notice, Recipient, Workflow
from gaita.step import Facts, possibilities
from tests.gaita.building import T0, Life, workflow

CERTIFICATE = Path(__file__).parent / "certificates" / "receiver.pem"
KEY = CERTIFICATE.with_suffix(".key")
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_" + "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
OWNER = "Ilze Bērziņa"

TRIAL = """
language = 1
[workflow]
id = "trial"
title = { lv = "Izmēģinājums", en = "Trial" }
initial = "idea"
time_zone = "Europe/Riga"
[data]
users = { type = "integer", default = 0 }
owner = { type = "string", personal = true }
[roles]
lead = { title = { lv = "Vadītāja", en = "Head" } }
office = { title = { lv = "Kanceleja", en = "Office" } }
[states.idea]
title = { lv = "Ideja", en = "Idea" }
[states.idea.deadlines.decision]
title = { lv = "Lēmums", en = "Decision" }
within = "30 days"
remind = [{ before = "7 days", to = "lead" }]
escalate = [{ to = "lead" }, { after = "10 days", to = "office" }]
[states.done]
final = true
verdict = "closed"
[events.select]
title = { lv = "Izvēlēties", en = "Select" }
[[transitions]]
event = "select"
from = "idea"
to = "done"
guard = [
  { id = "three", check = "data.users >= 3", why = { lv = "Ir trīs lietotāji", en = "Three users" } },
  { id = "other", check = "size(data.owner) < 3", why = { lv = "Cita īpašniece", en = "Another" } },
]
"""

ILZE = Recipient("ilze", "Ilze Bērziņa", "lead", {"email": "ilze@example.org"}, "lv")


@dataclass(frozen=True, slots=True)
class Words:
    """A text as the channels take it."""

    subject: str
    plain: str
    html: str


class Texts:
    """Words notices so that a test sees what it was given."""

    def notice(self, notice: Notice, language: str) -> Words:
        data = dict(notice.instance.data) if notice.instance else {}
        plain = f"{language}: šķūņa žirgi, {notice.recipient.name}, {data} {notice.possibilities}"
        return Words(f"Termiņš: {notice.rule.title[language]}", plain, f"<p>{plain}</p>")

    def digest(self, digest: Digest, language: str) -> Words:
        plain = f"{language}: {digest.recipient.name} {[dict(need.instance.data) for need in digest.needs]}"
        return Words("Kopsavilkums", plain, f"<p>{plain}</p>")

    def incidents(self, summary: IncidentSummary, language: str) -> Words:
        plain = f"{language}: {[(each.number, each.code, each.message) for each in summary.incidents]}"
        return Words("Incidenti", plain, f"<p>{plain}</p>")


class Titled(Texts):
    """The same under a subject of the test's choice."""

    def __init__(self, subject: str) -> None:
        self.subject = subject

    def notice(self, notice: Notice, language: str) -> Words:
        return replace(super().notice(notice, language), subject=self.subject)


@cache
def declared() -> Workflow:
    """Return the workflow of the trial."""
    return workflow(TRIAL)


def trial() -> Life:
    """Return an instance whose owner is a person, with its first deadline armed."""
    return Life(declared(), data={"owner": OWNER})


def messages() -> list[Message]:
    """Return what is written while nobody does anything: a reminder, the due moment, a rung."""
    outcomes = trial().fire_due(T0 + timedelta(days=60))
    return [message for each in outcomes if isinstance(each, Accepted) for message in each.messages]


def notice(number: int = 0, *, key: str | None = None, recipient: Recipient = ILZE) -> Notice:
    """Return the notice of the how-manieth message, as the engine would hand it over."""
    life = trial()
    message = messages()[number]
    found = possibilities(life.workflow, life.instance, None, Facts(T0))
    return Notice(
        key or message.id, message, recipient, life.workflow, life.instance, found, None, (), message.at
    )


def digest(key: str = "digest/lead/2024-03-05", recipient: Recipient = ILZE) -> Digest:
    """Return a digest with one need."""
    life = trial()
    found = possibilities(life.workflow, life.instance, None, Facts(T0))
    need = Need(life.workflow, life.instance, life.instance.deadlines[0], None, found)
    return Digest(key, recipient, T0, "Europe/Riga", (need,))
