"""A history that nobody edited, decided again, comes out as it is recorded: to the byte."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gaita.correction import first_difference
from gaita.history import GENESIS, Record, canonical, chain
from gaita.rehearsal import rehearse
from gaita.runtime import Engine
from gaita_workflows import SHIPPED, Shipped
from tests.gaita.building import COUNTER, T0, Life, rules_of, workflow


def records_of(life: Life) -> list[Record]:
    return chain(life.workflow, life.outcomes, GENESIS)


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)
def test_every_history_of_a_shipped_portfolio_is_decided_as_it_is_recorded(
    shipped: Shipped, tmp_path: Path
) -> None:
    database = tmp_path / "kept.db"
    rehearse(
        shipped.workflow.read_bytes(),
        shipped.script.read_bytes(),
        workflow_name=shipped.workflow.name,
        script_name=shipped.script.name,
        database=database,
    )
    engine = Engine(f"sqlite:///{database}")
    instances = engine.list(limit=1000).instances
    differences = {each.id: engine.corrections.first_difference(each.id) for each in instances}
    assert differences == {each.id: None for each in instances}
    assert instances
    engine.close()


def test_the_first_record_that_a_changed_rule_would_decide_otherwise_is_named() -> None:
    life = Life(workflow(COUNTER))
    life.fire("add", by=2)
    life.refused("back")
    life.taken("go", T0 + timedelta(days=11))
    assert len(records_of(life)) == 6  # with a reminder and the due moment
    stricter = workflow(COUNTER.replace("data.count >= 2", "data.count >= 3"))
    same_digest = replace(stricter, digest=life.workflow.digest)
    assert first_difference(records_of(life), replace(rules_of(life), workflow=lambda _: same_digest)) == 6


def test_a_value_that_an_automatic_transition_overwrites_is_asked_for_again() -> None:
    text = (
        COUNTER + '[[transitions]]\nfrom = "a"\nto = "b"\nguard = "data.count > 5"\nset = { count = "0" }\n'
    )
    life = Life(workflow(text), data={"count": 7})
    assert life.instance.data["count"] == 0
    assert records_of(life)[0].body["asked"] == {"count": 7}
    assert first_difference(records_of(life), rules_of(life)) is None


def test_the_release_that_wrote_a_record_makes_no_difference_but_what_it_says_does() -> None:
    life = Life(workflow(COUNTER))
    (record,) = records_of(life)

    def written(**changed: str) -> Record:
        body = {**record.body, **changed}
        return replace(record, body=body, text=canonical(body))

    assert first_difference([written(engine="0.0.9")], rules_of(life)) is None
    assert first_difference([written(actor="liga")], rules_of(life)) is None
    assert first_difference([written(state="b")], rules_of(life)) == 1
