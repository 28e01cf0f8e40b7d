"""Texts: what a notice and a digest say, word for word, and what they never say."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from gaita import FaultyFile, Incident, IncidentSummary, Notice, Pause, Recipient, Stuck
from gaita.model.instance import Turn
from gaita.texts import language_of
from gaita_adapters.channels.cloud_event import Events
from gaita_adapters.channels.console import digest_line, notice_json, notice_line
from gaita_adapters.channels.without_personal_data import impersonal_notice
from gaita_adapters.notices import Text, Texts
from gaita_adapters.notices.incident_texts import incident_plain
from gaita_adapters.presenting.viewing import Reading, need_view
from tests.gaita.building import at
from tests.gaita_adapters.notices.composing import (
    START,
    TRIAL,
    deadline_of,
    digest_of,
    life,
    need_of,
    notice_on,
)

LINK = "https://gaita.example.lv/{workflow}/{instance}"


def tilded(text: str) -> str:
    """Return a text whose no-break spaces can be seen, as in TeX."""
    return text.replace("\u00a0", "~")


LATVIAN_REMINDER = """\
Labdien!

Tuvojas termiņš „Izmēģinājuma rezultāti”: 04.07.2024. (ceturtdiena).
Atlikušais laiks: 14~dienas.

ZIŅAS PAR LIETU

Lieta: one (Prototipa izmēģinājums)
Posms: Izmēģinājums laboratorijā
Risināmā problēma: Rindas pie ārsta
Lietotāji, kas to izmēģinājuši: 12
Saskaņots: nē

TERMIŅA APRĒĶINS

Sākums 04.03.2024. (pirmdiena); ilgums: 4~mēneši; beigas 04.07.2024.
(ceturtdiena).

IESPĒJAMĀS DARBĪBAS

„Sākt izmēģinājumu vidē” → Izmēģinājums vidē:
  - Trīsdesmit lietotāji to izmēģinājuši~– pagaidām~12
  - Vērtējums ir vismaz 3 no 5~– ziņu vēl nav
  - Ends on~– jānorāda, veicot šo darbību
  - Beigu diena ir nākotnē~– jānorāda, veicot šo darbību
„Apturēt” → Apturēts: visi nosacījumi izpildīti, var veikt uzreiz
„Noslēgt” → Noslēgts (to veic: Valsts kanceleja):
  - Tas ir saskaņots~– pagaidām nav

KAS NOTIKS TĀLĀK, JA NEKAS NETIKS DARĪTS

- 04.07.2024. (ceturtdiena)~– termiņa beigas; paziņojumu saņems: Laboratorijas
  vadītājs
- 04.08.2024.~– eskalācija; paziņojumu saņems: Laboratorijas vadītājs un
  Valsts kanceleja
- 05.09.2024.~– eskalācija; paziņojumu saņems: Valsts kanceleja; sistēma
  automātiski veiks darbību „Noslēgt”

Lieta sistēmā:
https://gaita.example.lv/trial/one

Šo paziņojumu saņemat kā: Laboratorijas vadītājs.
"""

ENGLISH_RUNG = """\
Hello,

The deadline “Results of the test” is overdue: it was Thursday 4 July 2024.
Overdue by: 30 days.

WHAT IT IS ABOUT

Case: one (Trial of a prototype)
State: Lab test
Problem to be solved: Rindas pie ārsta
Users who tried it: 12
Agreed: no

WHY IT IS DUE THEN

4 months from Monday 4 March 2024 end with Thursday 4 July 2024.

WHAT IS MISSING

“Retire” → Retired:
  - It is agreed — not so far
“Put on hold” → On hold: nothing, it can be done at once
“Start the field pilot” → Field pilot (by Head of the laboratory):
  - Thirty users have tried it — so far 12
  - The score is at least 3 of 5 — not known yet
  - Ends on — to be given when the step is taken
  - The last day is in the future — to be given when the step is taken

WHAT HAPPENS NEXT, IF NOTHING IS DONE

- 5 September 2024: escalation to State Chancellery; the system itself takes
  the step “Retire”

The case in the system:
https://gaita.example.lv/trial/one

You receive this notice as: State Chancellery.
"""


class Markup(HTMLParser):
    """The elements of a document, the text in them, and every attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.text += " "  # what stands in two cells is not one word

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def texts() -> Texts:
    return Texts(link=LINK)


def everything(text: Text) -> str:
    return f"{text.subject}\n{text.plain}\n{text.html}"


def test_a_reminder_in_latvian(texts: Texts) -> None:
    case = life(problem="Rindas pie ārsta", owner="Jānis Ozols", users=12)
    text = texts.notice(notice_on(case, 0, "lead", language="lv"))
    assert (
        text.subject == "Atgādinājums: Izmēģinājuma rezultāti, termiņš 04.07.2024. (ceturtdiena)\u00a0– one"
    )
    assert tilded(text.plain) == LATVIAN_REMINDER


def test_a_rung_in_english(texts: Texts) -> None:
    case = life(problem="Rindas pie ārsta", owner="Jānis Ozols", users=12)
    text = texts.notice(notice_on(case, 2, "office"))
    assert text.subject == "Overdue: Results of the test, was due Thursday 4 July 2024 – one"
    assert text.plain == ENGLISH_RUNG


@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_the_html_says_what_the_plain_text_says(texts: Texts, language: str, index: int) -> None:
    case = life(problem="Rindas pie ārsta", users=12)
    text = texts.notice(notice_on(case, index, "lead", folded=(0,)[: min(index, 1)]), language)
    said = text.plain.partition("https://")[0].rsplit("\n\n", 1)[0]
    said += "\n" + text.plain.rpartition("\n\n")[2]
    assert Counter(_words(said)) <= Counter(_words(Markup(text.html).text))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_html_is_a_document_that_loads_nothing_from_elsewhere(texts: Texts, language: str) -> None:
    for text in (
        texts.notice(notice_on(life(), 1, "lead"), language),
        texts.digest(digest_of(need_of(life(), "lead"), at=START), language),
    ):
        markup = Markup(text.html)
        assert text.html.startswith("<!DOCTYPE html>")
        assert ("lang", language) in markup.attributes
        assert not {"img", "script", "link", "style", "iframe"} & set(markup.tags)
        assert not {"src", "background"} & {name for name, _ in markup.attributes}
        assert all("url(" not in (value or "") for _, value in markup.attributes)


@pytest.mark.parametrize("language", ["lv", "en"])
def test_data_cannot_be_markup_nor_a_line_of_its_own(texts: Texts, language: str) -> None:
    hostile = "<script>alert(1)</script>\r\nBcc: everyone@example.lv\u202e\u0000 {{ 7 * 7 }}"
    case = life(problem=hostile)
    text = texts.notice(notice_on(case, 0, "lead"), language)
    assert "script" not in Markup(text.html).tags
    assert "&lt;script&gt;" in text.html
    assert "\n" not in text.subject
    assert not any(line.startswith("Bcc") for line in text.plain.splitlines())
    assert "\u202e" not in everything(text)
    assert "\u0000" not in everything(text)
    assert "{{ 7 * 7 }}" in text.plain.replace("\n", " ")


def test_an_instance_id_cannot_be_markup_nor_lead_a_link_astray(texts: Texts) -> None:
    case = life()
    hostile = replace(case.instance, id='"><img src=x>/../admin?a=b#c')
    case.instance = hostile
    text = texts.notice(notice_on(case, 0, "lead"), "en")
    assert "img" not in Markup(text.html).tags
    assert "https://gaita.example.lv/trial/%22%3E%3Cimg%20src%3Dx%3E%2F..%2Fadmin%3Fa%3Db%23c" in text.html


@pytest.mark.parametrize("language", ["lv", "en"])
def test_personal_data_are_in_no_text(texts: Texts, language: str) -> None:
    case = life(owner="nobody", problem="Rindas", agreed=True)  # the guard of `retire` reads the owner
    notices = [texts.notice(notice_on(case, index, "office"), language) for index in range(4)]
    digest = texts.digest(digest_of(need_of(case, "office"), role="office", at=START), language)
    for text in (*notices, digest):
        assert "nobody" not in everything(text)
    assert {"lv": "Ir īpašnieks\u00a0– pagaidām nav", "en": "There is an owner — not so far"}[
        language
    ] in notices[0].plain


def test_a_deputy_reads_for_whom(texts: Texts) -> None:
    notice = notice_on(life(), 0, "lead", stands_in_for="Jānis Ozols")
    assert "standing in for Jānis Ozols" in texts.notice(notice, "en").plain
    assert "aizvietošanas kārtībā (prombūtnē: Jānis Ozols)" in texts.notice(notice, "lv").html


def test_the_reader_s_language_goes_over_that_of_the_texts_and_what_is_asked_for_over_both() -> None:
    notice = notice_on(life(), 0, "lead", language="lv")
    assert Texts("en").notice(notice).plain.startswith("Labdien!")
    assert Texts("en").notice(notice, "en").plain.startswith("Hello,")
    other = replace(notice, recipient=replace(notice.recipient, language="et"))
    assert Texts("lv").notice(other).plain.startswith("Labdien!")


def test_no_address_no_link() -> None:
    text = Texts().notice(notice_on(life(), 0, "lead"), "en")
    assert "http" not in text.plain
    assert "<a " not in text.html


@pytest.mark.parametrize(
    "link",
    [
        "gaita.example.lv",
        "javascript:alert(1)",
        "ftp://example.lv/{instance}",
        "https://",
        "https://[x/{instance}",
        "https://example.lv/{id}",
        "https://example.lv/a b",
    ],
)
def test_a_link_is_an_address_of_the_web(link: str) -> None:
    with pytest.raises(FaultyFile, match="link"):
        Texts(link=link)


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(FaultyFile, match="lv"):
        Texts("et")


def test_what_was_missed_meanwhile_is_told(texts: Texts) -> None:
    notice = notice_on(life(), 2, "lead", folded=(0, 1))
    assert "earlier ones: a reminder (Head of the laboratory), the end of the deadline" in " ".join(
        texts.notice(notice, "en").plain.split()
    )
    assert "atgādinājums (Laboratorijas vadītājs), termiņa beigas" in " ".join(
        texts.notice(notice, "lv").plain.split()
    )


def test_a_case_that_went_on_since_is_told_as_it_stands(texts: Texts) -> None:
    case = life(users=30, score=4.0)
    deadline = deadline_of(case)
    case.taken("pilot", at("2024-07-05T09:00"), roles="lead", ends_on="2024-12-31")
    notice = notice_on(case, 1, "lead", deadline=deadline, at=at("2024-07-04T21:00"))
    plain = texts.notice(notice, "en").plain
    assert "is closed by now" in plain
    assert "By now in: Field pilot" in plain
    assert "WHAT IS MISSING" not in plain
    assert "vairs nav aktuāls, rīcība nav nepieciešama" in " ".join(texts.notice(notice, "lv").plain.split())
    assert texts.notice(notice, "lv").subject.startswith("Zināšanai: ")


def test_a_case_that_cannot_be_read_is_still_told(texts: Texts) -> None:
    notice = replace(
        notice_on(life(), 1, "lead"), instance=None, possibilities={}, explained=None, upcoming=()
    )
    plain = texts.notice(notice, "en").plain
    assert "has ended: Thursday 4 July 2024" in plain
    assert "cannot be read at present" in plain
    assert "nav nolasāmi" in texts.notice(notice, "lv").html


def test_a_stopped_clock_is_told_instead_of_a_due_day(texts: Texts) -> None:
    declared = TRIAL.replace('within = "4 months"', 'within = "4 months"\npause_by = "lead"')
    case = life(declared)
    case.do(Pause("test.results", "vacation", "ilze", frozenset(["lead"])), at("2024-05-02T09:00"))
    digest = texts.digest(digest_of(need_of(case, "lead"), at=at("2024-08-01T06:00")), "en")
    assert "CLOCK STOPPED" in digest.plain
    assert "clock stopped since 2 May 2024 at 12:00" in digest.plain
    assert "verdue" not in digest.plain
    notice = texts.notice(notice_on(case, 1, "lead", at=at("2024-08-01T06:00")), "lv")
    assert tilded(notice.subject) == "Apturēts termiņa tecējums: Izmēģinājuma rezultāti~– one"
    assert "tecējums ir apturēts (kopš 02.05.2024. plkst. 12.00)." in " ".join(notice.plain.split())


def test_a_deadline_that_was_extended_since_is_told_with_its_new_day(texts: Texts) -> None:
    case = life()
    later = replace(deadline_of(case), due=deadline_of(case).due + timedelta(days=60))
    notice = notice_on(case, 2, "lead")
    notice = replace(notice, instance=replace(case.instance, deadlines=(later,)))
    text = texts.notice(notice, "en")
    assert text.subject == "Reminder: Results of the test, due Monday 2 September 2024 – one"
    assert "is coming up: Monday 2 September 2024" in text.plain


def test_a_provisional_deadline_says_so(texts: Texts) -> None:
    case = life()
    provisional = replace(deadline_of(case), provisional=True)
    case.instance = replace(case.instance, deadlines=(provisional,))
    assert "This is provisional" in texts.notice(notice_on(case, 0, "lead"), "en").plain
    assert "provizorisks" in texts.notice(notice_on(case, 0, "lead"), "lv").html


def test_long_lists_and_long_values_are_cut(texts: Texts) -> None:
    fields = "".join(f'[data.extra{number}]\ntype = "string"\ndefault = "x"\n' for number in range(40))
    case = life(TRIAL.replace("[roles]", f"{fields}[roles]"), problem="word " * 1999)
    text = texts.notice(notice_on(case, 0, "lead"), "en")
    assert "and 23 more" in text.plain
    assert len(text.plain) < 3000
    assert len(text.subject) <= 150


def test_plain_text_is_no_wider_than_78_columns_but_for_links(texts: Texts) -> None:
    case = life(problem="ļoti gara problēma " * 20)
    case.instance = replace(case.instance, id="P" * 190)
    for index in range(4):
        for line in texts.notice(notice_on(case, index, "lead"), "lv").plain.splitlines():
            assert len(line) <= 78 or " " not in line.strip()


# -- digests


def test_a_digest_has_what_is_overdue_first_then_this_week_then_later(texts: Texts) -> None:
    case = life(users=12)
    due = deadline_of(case).due
    needs = [
        need_of(case, "lead", deadline=replace(deadline_of(case), due=due + timedelta(days=days)))
        for days in (-3, 2, 40)
    ]
    text = texts.digest(digest_of(*needs, at=due), "en")
    assert text.subject == "Summary of deadlines, 5 July 2024: 3, overdue 1"
    headings = [line for line in text.plain.splitlines() if line.isupper()]
    assert headings == ["OVERDUE", "WITHIN SEVEN DAYS", "LATER"]
    assert (
        text.plain.split("OVERDUE\n\n")[1].split("\n\n")[0]
        == """\
- Results of the test – one (Lab test)
  Due: Monday 1 July 2024 (overdue by 3 days)
  What is missing: “Start the field pilot”: Thirty users have tried it — so
  far 12; The score is at least 3 of 5 — not known yet
  https://gaita.example.lv/trial/one"""
    )


def test_a_digest_counts_as_overdue_what_the_account_does(texts: Texts) -> None:
    case = life(users=12)
    deadline = deadline_of(case)
    due, day = deadline.due, timedelta(days=1)
    stopped_late = replace(deadline, course=(Turn("stopped", due + day),))
    stopped_early = replace(deadline, course=(Turn("stopped", due - day),))
    needs = [
        need_of(case, "lead", deadline=each)
        for each in (deadline, replace(deadline, provisional=True), stopped_late, stopped_early)
    ]
    digest = digest_of(*needs, at=due + 3 * day)
    text = texts.digest(digest, "en")
    assert text.subject.endswith("4, overdue 2")
    assert digest_line(digest, "en").endswith("4 waiting, 2 of them overdue")
    for told in ("(overdue by 3 days)", "(overdue by 1 day)", "(provisional)", "(clock stopped since"):
        assert text.plain.count(told) == 1


def test_a_digest_in_latvian(texts: Texts) -> None:
    case = life(users=30, score=4.0)
    digest = digest_of(need_of(case, "office"), role="office", at=at("2024-07-06T06:00"), language="lv")
    assert (
        tilded(texts.digest(digest).plain)
        == """\
Labdien!

Aktuālie termiņi: 1, tostarp nokavēti: 1.

NOKAVĒTIE

- Izmēģinājuma rezultāti~– one (Izmēģinājums laboratorijā)
  Termiņš: 04.07.2024. (ceturtdiena); kavējums: 1~diena
  Tālākai virzībai: „Noslēgt”: Tas ir saskaņots~– pagaidām nav; Ir īpašnieks~–
  ziņu vēl nav
  https://gaita.example.lv/trial/one

Šo kopsavilkumu saņemat kā: Valsts kanceleja.
"""
    )


def test_a_digest_says_whose_step_a_case_waits_for(texts: Texts) -> None:
    case = life(
        TRIAL.replace('by = ["lead", "office"]', 'by = "lead"').replace('by = "office"', 'by = "lead"')
    )
    digest = digest_of(need_of(case, "office"), role="office", at=START)
    assert "What is missing: waits for Head of the laboratory" in texts.digest(digest, "en").plain
    assert "Tālākai virzībai: tālāk rīkojas: Laboratorijas vadītājs" in texts.digest(digest, "lv").plain


def test_an_empty_digest_is_friendly(texts: Texts) -> None:
    digest = digest_of(at=datetime(2024, 7, 8, 5, tzinfo=UTC))
    assert "Nothing needs you" in texts.digest(digest, "en").plain
    assert (
        tilded(texts.digest(digest, "lv").subject) == "Termiņu kopsavilkums, 08.07.2024.: aktuālu termiņu nav"
    )
    assert "Pašlaik Jums nav aktuālu termiņu." in texts.digest(digest, "lv").html


def test_a_section_of_a_digest_is_cut_after_twenty(texts: Texts) -> None:
    need = need_of(life(), "lead")
    text = texts.digest(digest_of(*[need] * 33, at=START), "en")
    assert text.plain.count("Results of the test") == 20
    assert "- and 13 more" in text.plain
    assert "<li>and 13 more</li>" in text.html


# -- a case that is over, or stuck


def closed(led_to: str | None) -> Notice:
    case = life()
    notice = notice_on(case, 3, "office")
    ended = replace(case.instance, state="done", deadlines=())
    return replace(notice, instance=ended, led_to=led_to, upcoming=(), explained=None)


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("en", "Closed by the system: Results", "The system itself has closed the case: “Retired”."),
        ("lv", "Sistēma noslēdza lietu: ", "Sistēma automātiski noslēdza lietu; beigu posms: „Noslēgts”."),
    ],
)
def test_a_rung_that_closes_the_case_says_that_the_system_did(
    texts: Texts, language: str, subject: str, sentence: str
) -> None:
    text = texts.notice(closed("done"), language)
    assert text.subject.startswith(subject)
    assert sentence in " ".join(text.plain.split())
    assert sentence in text.html
    assert sentence in notice_line(closed("done"), language)


def test_a_notice_of_a_case_that_is_over_says_so_on_every_channel(texts: Texts) -> None:
    notice = closed(None)
    text = texts.notice(notice, "en")
    assert text.subject == "Case closed: Results of the test – one"
    assert "The case is closed: “Retired”." in text.plain
    assert notice_line(notice, "en").endswith(" · The case is closed: “Retired”.")
    assert (notice_json(notice, "en")["standing"], notice_json(notice, "en")["state_now"]) == (
        "closed",
        "done",
    )
    event = json.loads(Events("/gaita", "gaita", language_of("en")).notice(notice, text))["data"]
    assert (event["standing"], event["standing_text"]) == ("closed", "The case is closed: “Retired”.")


def test_what_was_told_wrongly_is_put_right_in_the_words_of_whoever_did(texts: Texts) -> None:
    case = life()
    notice = notice_on(case, 1, "lead")
    message = replace(notice.message, kind="restated", words="The letter\nlay <b>elsewhere</b>.")
    restated = replace(notice, message=message)
    english, latvian = texts.notice(restated, "en"), texts.notice(restated, "lv")
    assert english.subject == "Put right: Results of the test – one"
    assert "what you may have been told of the deadline “Results of the test” does not hold" in (
        " ".join(english.plain.split())
    )
    assert "It stands like this now: Due: Thursday 4 July 2024" in " ".join(english.plain.split())
    assert "The letter lay <b>elsewhere</b>." in english.plain
    assert "The letter lay &lt;b&gt;elsewhere&lt;/b&gt;." in english.html
    assert latvian.subject.startswith("Labojums: ")
    assert notice_line(restated, "en").startswith("Put right → ")
    event = json.loads(Events("/gaita", "gaita", language_of("en")).notice(restated, english))
    assert (event["type"], event["data"]["kind"], event["data"]["offset"]) == (
        "gaita.notice.restated",
        "restated",
        None,
    )
    assert impersonal_notice(restated, "en").message.words is None


def test_a_deadline_that_is_over_is_for_information(texts: Texts) -> None:
    case = life()
    notice = replace(notice_on(case, 1, "lead"), instance=replace(case.instance, deadlines=()))
    assert texts.notice(notice, "en").subject == "For your information: Results of the test – one"
    assert texts.notice(notice, "lv").subject.startswith("Zināšanai: ")


def test_a_case_that_is_stuck_says_so_by_its_incident(texts: Texts) -> None:
    case = life()
    notice = replace(notice_on(case, 1, "lead"), stuck=Stuck(7), possibilities={})
    assert "an operator has to see to it (incident 7)" in " ".join(texts.notice(notice, "en").plain.split())
    assert "incidents Nr. 7" in " ".join(texts.notice(notice, "lv").plain.split())
    need = replace(need_of(case, "lead"), stuck=Stuck(7), possibilities={})
    text = texts.digest(digest_of(need, at=START), "en").plain
    assert "The case is stuck: an operator has to see to it (incident 7)." in " ".join(text.split())


MEETING = (
    TRIAL.replace(
        "[events.renew]",
        '[events.note]\npayload = { text = { type = "string" }, page = { type = "date", optional = true } }\n'
        "[events.renew]",
    )
    .replace(
        '[[transitions]]\nevent = "renew"',
        '[[transitions]]\nevent = "note"\nfrom = "test"\nby = "lead"\n[[transitions]]\nevent = "renew"',
    )
    .replace('within = "4 months"', 'within = "4 months"\npause_in = "hold"\nmet_by = "note"')
)


def test_steps_that_would_meet_the_deadline_come_first_with_what_they_must_carry() -> None:
    item = need_view(need_of(life(MEETING), "lead"), Reading(language_of("en"), "lead", START))
    assert [(step.title, step.meets, step.mine) for step in item.steps] == [
        ("Note", True, True),  # named by the deadline itself
        ("Start the field pilot", True, True),
        ("Retire", True, False),
        ("Put on hold", False, True),  # there its clock only stands
    ]
    assert [clause.words for clause in item.steps[0].missing] == ["Text — to be given when the step is taken"]
    assert item.steps[0].ready
    assert item.missing == "“Note”: Text — to be given when the step is taken"


def test_what_meets_a_deadline_at_once_is_not_hidden_behind_a_step_that_must_wait() -> None:
    at_once = MEETING.replace('payload = { text = { type = "string" }, page =', "payload = { page =")
    item = need_view(need_of(life(at_once), "lead"), Reading(language_of("en"), "lead", START))
    assert item.steps[0].title == "Note"
    assert item.missing == "nothing; “Note” can be done at once"


def test_a_step_of_a_deadline_that_was_refused_is_not_called_a_failure() -> None:
    message = "deadline open.answer fired event 'drop', which was refused: guard"
    incident = Incident(3, START, "R-1", "expression_failed", message, None, None)
    summary = IncidentSummary(
        "k", Recipient("anna", "Anna", "administrators", {}), START, "UTC", (incident,), 0, 1
    )
    told = incident_plain(summary, language_of("en"))
    assert "A step that a deadline calls for was refused – R-1" in told
    assert (
        "the step “drop”, and something that it asks for was missing; gaita explain R-1 drop says what"
        in told
    )
    assert "could not be worked out" not in told
    assert "darbību „drop”" in incident_plain(summary, language_of("lv"))
