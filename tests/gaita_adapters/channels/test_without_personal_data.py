"""What goes to a service that is nobody's own mailbox carries no personal data, whatever a template reads."""

from dataclasses import replace

from gaita_adapters.channels.without_personal_data import impersonal_digest, impersonal_notice
from tests.gaita_adapters.channels.building import OWNER, digest, notice


def test_a_notice_loses_its_personal_fields_and_its_reader_and_keeps_the_rest() -> None:
    personal = notice()
    bare = impersonal_notice(personal, "lv")
    assert OWNER in repr(personal.instance)
    assert OWNER in repr(personal.possibilities)
    assert OWNER not in repr((bare.instance, bare.possibilities, bare.recipient))
    assert bare.instance is not None
    assert dict(bare.instance.data) == {"users": 0}
    assert (bare.recipient.name, bare.recipient.addresses) == ("Vadītāja", {})
    assert [clause.id for clause in bare.possibilities["select"].candidates[0].clauses] == ["three", "other"]
    assert (bare.key, bare.message) == (personal.key, personal.message)


def test_where_another_version_says_what_is_personal_all_data_stay_behind() -> None:
    personal = notice()
    assert personal.instance is not None
    later = replace(personal.instance, workflow_version=personal.workflow.version + 1)
    bare = impersonal_notice(replace(personal, instance=later), "lv")
    assert bare.instance is not None
    assert dict(bare.instance.data) == {}
    assert all(
        not clause.read
        for candidate in bare.possibilities["select"].candidates
        for clause in candidate.clauses
    )


def test_without_its_instance_a_notice_is_still_one() -> None:
    assert impersonal_notice(replace(notice(), instance=None), "en").recipient.name == "Head"


def test_a_digest_loses_personal_fields_too() -> None:
    bare = impersonal_digest(digest(), "en")
    assert OWNER not in repr(replace(bare, needs=())) + repr(bare.needs[0].instance)
    assert OWNER not in repr(bare.needs[0].possibilities)
    assert bare.recipient.name == "Head"
    assert impersonal_digest(replace(digest(), needs=()), "lv").recipient.name == "lead"
