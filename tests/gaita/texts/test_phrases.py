"""A phrase is English for whoever knows no language, and can be said in any."""

import copy
import pickle

from gaita import Fault, FaultyFile, MalformedCommand, listed, render
from gaita.fault import Place
from gaita.language import check
from gaita.phrase import formed, joined, phrase, plural_phrase
from gaita.texts import amounts_text, language_of, translated

LATVIAN = language_of("lv")
NO_CALENDAR = phrase("there is no calendar %(name)s", name="`LW`")


def test_a_phrase_is_its_english_text() -> None:
    assert NO_CALENDAR == "there is no calendar `LW`"
    assert f"{NO_CALENDAR}" == "there is no calendar `LW`"
    assert plural_phrase("%(number)s error", "%(number)s errors", 2) == "2 errors"
    assert joined("; ", []) == ""


def test_a_phrase_is_said_in_a_language_with_all_its_parts() -> None:
    assert translated(NO_CALENDAR, LATVIAN) == "kalendāra `LW` nav"
    expected = phrase("expected %(expected)s", expected=phrase("a whole number"))
    assert translated(joined("; ", [NO_CALENDAR, expected]), LATVIAN) == (
        "kalendāra `LW` nav; sagaidīts: vesels skaitlis"
    )
    assert translated(plural_phrase("%(number)s error", "%(number)s errors", 21), LATVIAN) == "21 kļūda"
    assert translated(listed(["a", "b", "c"]), LATVIAN) == "a, b vai c"
    assert translated("no phrase", LATVIAN) == "no phrase"
    assert translated(phrase(""), LATVIAN) == ""


def test_a_percent_sign_of_a_value_is_only_itself() -> None:
    assert translated(formed("%(name)s: %(what)s", name="100 %(x)s", what=NO_CALENDAR), LATVIAN) == (
        "100 %(x)s: kalendāra `LW` nav"
    )


def test_an_error_keeps_its_phrase_also_copied_and_pickled() -> None:
    error = MalformedCommand(phrase("the pause"), [phrase("reason: is missing; say why")])
    for each in (error, pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert str(each) == "the pause: reason: is missing; say why"
        assert translated(str(each), LATVIAN) == (
            "termiņa tecējuma apturēšana: reason: nav norādīts; jānorāda iemesls"
        )


def test_a_fault_is_said_with_its_severity_and_its_hint() -> None:
    fault = Fault("no-calendar", NO_CALENDAR, Place("a.toml", 1, 2), expected=listed(["EE", "LV"]))
    told = "a.toml:1:2: kļūda[no-calendar] kalendāra `LW` nav"
    assert translated(str(fault), LATVIAN) == f"{told}; sagaidīts: EE vai LV"
    shown = translated(render(fault, ""), LATVIAN)
    assert shown.startswith(f"{told}\n")
    assert shown.endswith("\n   sagaidīts: EE vai LV")
    assert translated(str(FaultyFile("a.toml", [fault])), LATVIAN).startswith("a.toml: 1 kļūda\n")


def test_faults_of_a_workflow_file_have_no_english_word() -> None:
    source = (
        'language = 1\n[workflow]\nid = "x"\ntitle = "T"\ninitial = "one"\ntime_zone = "Europe/Riga"\n'
        '[states.one]\n[[transitions]]\nevent = "go"\nfrom = "one"\nto = "two"\nguard = "data.a >= 3"\n'
    )
    told = [translated(str(fault), LATVIAN) for fault in check(source.encode(), "x.toml").faults]
    assert told
    for each in told:
        for word in (" there ", " is ", " expected ", " the ", " error"):
            assert word not in each, each


def test_amounts_of_a_refusal_are_told_in_the_language_asked_for() -> None:
    amounts = {"asked": "15 working days", "granted": "5 working days, 1 working day", "at_most": "P1M"}
    told = amounts_text(amounts, language_of("lv")).replace("\N{NO-BREAK SPACE}", " ")
    before = "lūgts: 15 darbdienas; agrāk piešķirts: 5 darbdienas un 1 darbdiena"
    assert told == f"{before}; ne vairāk kā: 1 mēnesis"
