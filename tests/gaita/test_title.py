"""Which of the languages of a title is shown."""

from gaita import title_text


def test_a_title_is_shown_in_the_language_asked_for() -> None:
    assert title_text({"en": "Idea", "lv": "Ideja"}, "lv") == "Ideja"
    assert title_text({"en": "Idea", "lv": "Ideja"}, "lv_LV") == "Ideja"
    assert title_text({"en": "Idea", "lv": "Ideja"}, "lv-LV") == "Ideja"


def test_where_it_is_not_in_that_language_it_is_shown_in_english_else_in_the_first_that_there_is() -> None:
    assert title_text({"lv": "Ideja", "en": "Idea"}, "et") == "Idea"
    assert title_text({"lv": "Ideja", "lt": "Idėja"}, "et") == "Ideja"
    assert title_text({"lv": "", "lt": "Idėja"}, "lv") == "Idėja"


def test_what_has_no_title_is_shown_by_what_it_is_called_otherwise() -> None:
    assert title_text(None, "lv", "idea") == "idea"
    assert title_text({}, "lv", "idea") == "idea"
    assert title_text({"lv": ""}, "lv", "idea") == "idea"
