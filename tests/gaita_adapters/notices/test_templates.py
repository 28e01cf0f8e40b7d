"""An operator's own templates: which goes before which, what they may do, what becomes of their faults."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

import gaita_adapters.notices
from gaita import FaultyFile
from gaita_adapters.notices import Texts
from tests.gaita_adapters.notices.composing import START, digest_of, life, need_of, notice_on


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def plain(texts: Texts, language: str = "lv") -> str:
    return texts.notice(notice_on(life(), 0, "lead"), language).plain


def test_a_workflow_s_own_template_goes_before_a_language_s_and_that_before_the_package_s(
    tmp_path: Path,
) -> None:
    texts = Texts(folder=tmp_path)
    assert plain(texts).startswith("Labdien!")
    write(tmp_path, "lv/notice.txt.j2", "visiem {{ notice.item.instance }}")
    assert plain(Texts(folder=tmp_path)) == "visiem one\n"
    write(tmp_path, "other/lv/notice.txt.j2", "citiem")
    assert plain(Texts(folder=tmp_path)) == "visiem one\n"
    write(tmp_path, "trial/lv/notice.txt.j2", "tikai šim {{ notice.item.instance }}")
    texts = Texts(folder=tmp_path)
    assert plain(texts) == "tikai šim one\n"
    assert plain(texts, "en").startswith("Hello,")


def test_each_part_is_replaced_by_itself(tmp_path: Path) -> None:
    write(tmp_path, "en/notice.subject.j2", "\n  Mine:\n{{ notice.item.deadline }} \n")
    text = Texts(folder=tmp_path).notice(notice_on(life(), 0, "lead"), "en")
    assert text.subject == "Mine: Results of the test"
    assert text.plain.startswith("Hello,")


def test_a_template_may_extend_the_package_s_and_replace_a_block(tmp_path: Path) -> None:
    own = '{% extends "built-in/notice.txt.j2" %}{% block footer %}Yours, {{ notice.role }}{% endblock %}'
    write(tmp_path, "en/notice.txt.j2", own)
    text = plain(Texts(folder=tmp_path), "en")
    assert text.startswith("Hello,")
    assert text.endswith("Yours, Head of the laboratory\n")


def test_a_template_may_include_another_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "en/notice.txt.j2", '{% include "signature.txt.j2" %}')
    write(tmp_path, "en/signature.txt.j2", "Yours, {{ notice.role }}")
    assert plain(Texts(folder=tmp_path), "en") == "Yours, Head of the laboratory\n"


def test_a_digest_s_templates_are_replaced_as_well(tmp_path: Path) -> None:
    write(tmp_path, "en/digest.txt.j2", "{{ digest.count }} of {{ digest.role }}")
    digest = digest_of(need_of(life(), "lead"), at=START)
    assert Texts(folder=tmp_path).digest(digest, "en").plain == "1 of Head of the laboratory\n"


def test_html_is_escaped_in_an_operator_s_template_too(tmp_path: Path) -> None:
    write(tmp_path, "en/notice.html.j2", "{% for field in notice.item.data %}{{ field.value }}{% endfor %}")
    case = life(problem="<b>&")
    assert "&lt;b&gt;&amp;" in Texts(folder=tmp_path).notice(notice_on(case, 0, "lead"), "en").html


@pytest.mark.parametrize(
    "reaching",
    [
        "{{ notice.__class__ }}",
        "{{ notice.item.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ notice['__dict__'] }}",
        "{{ '{0.__class__}'.format(notice) }}",
        "{{ notice.item.steps.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
    ],
)
def test_a_template_cannot_reach_out_of_its_sandbox(tmp_path: Path, reaching: str) -> None:
    # As a part that is included, it is not looked through before it is used.
    write(tmp_path, "en/notice.txt.j2", '{% include "part.txt.j2" %}')
    file = write(tmp_path, "en/part.txt.j2", f"\n{reaching}")
    with pytest.raises(FaultyFile) as caught:
        plain(Texts(folder=tmp_path, strict=True), "en")
    place = caught.value.faults[0].place
    assert place is not None
    assert (place.file, place.line) == (str(file), 2)


def test_a_syntax_error_is_told_with_its_line_when_the_folder_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, "trial/lv/notice.txt.j2", "Labdien!\n\n{% if notice.over %}\n")
    with pytest.raises(FaultyFile) as caught:
        Texts(folder=tmp_path)
    assert caught.value.name == str(file)
    place = caught.value.faults[0].place
    assert place is not None
    assert place.file == str(file)
    assert "endif" in str(caught.value)


def test_a_name_that_nothing_gives_is_told_when_the_folder_is_read(tmp_path: Path) -> None:
    file = write(tmp_path, "en/notice.txt.j2", "Hello\n{{ notice.itme.due }}")
    with pytest.raises(FaultyFile) as caught:
        Texts(folder=tmp_path)
    assert f"{file}:2:1" in str(caught.value)
    assert "did you mean item?" in str(caught.value)


def test_every_fault_of_every_template_is_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "en/notice.txt.j2", "{{ notice.itme }}{{ notice.foo }}")
    write(tmp_path, "lv/notice.txt.j2", "{{")
    write(tmp_path, "notice.txt.j2", "in no language")
    (tmp_path / "en" / "digest.txt.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(FaultyFile) as caught:
        Texts(folder=tmp_path)
    assert len(caught.value.faults) == 5


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultyFile, match="no folder"):
        Texts(folder=tmp_path / "nowhere")


def test_a_template_that_fails_gives_way_to_the_package_s_and_a_warning_is_logged(tmp_path: Path) -> None:
    file = write(tmp_path, "en/notice.txt.j2", "Hello\n{{ notice.item.data[99].value }} {{ 1 / 0 }}")
    write(tmp_path, "en/notice.subject.j2", "Mine")
    case = life(problem="kept out of the log")
    with capture_logs() as logs:
        text = Texts(folder=tmp_path).notice(notice_on(case, 0, "lead"), "en")
    assert text.plain.startswith("Hello,\n\nThe deadline")
    assert text.subject == "Mine"
    assert [(log["log_level"], log["template"]) for log in logs] == [("warning", "notice.txt.j2")]
    assert f"{file}:2" in logs[0]["fault"]
    assert "kept out" not in str(logs)


def test_a_template_that_writes_without_end_gives_way(tmp_path: Path) -> None:
    write(tmp_path, "en/notice.txt.j2", "{% for n in range(90000) %}{{ notice.item.deadline }}{% endfor %}")
    with capture_logs():
        assert plain(Texts(folder=tmp_path), "en").startswith("Hello,")


def test_a_template_that_was_broken_after_it_was_read_gives_way(tmp_path: Path) -> None:
    write(tmp_path, "en/notice.txt.j2", "fine")
    texts = Texts(folder=tmp_path)
    write(tmp_path, "en/notice.txt.j2", "{% broken %}")
    with capture_logs() as logs:
        assert plain(texts, "en").startswith("Hello,")
    assert len(logs) == 1


def test_the_package_s_own_templates_have_no_faults(tmp_path: Path) -> None:
    shipped = Path(str(gaita_adapters.notices.__file__)).parent / "templates"
    for language in ("lv", "en"):
        for file in shipped.iterdir():
            write(tmp_path, f"{language}/{file.name}", file.read_text(encoding="utf-8"))
    Texts(folder=tmp_path)
