"""Meeting a deadline: which steps would end it."""

from gaita import PREVIOUS, Candidate, Instance, Rule, Workflow


def meets(workflow: Workflow, instance: Instance, rule: Rule, event: str, candidate: Candidate) -> bool:
    """Whether a transition would end the deadline of ``rule``.

    It does where its event meets it, or where it leaves the states in which the deadline runs, and does not
    lead to one in which its clock only stands.
    """
    if event in rule.met_by:
        return True
    target = candidate.target
    if target == PREVIOUS:
        places = (instance.memory.get(leaf) for leaf in instance.configuration)
        target = next((place for place in places if place is not None), None)
    if target is None:
        return False
    after = workflow.tree.change(instance.state, target).place
    active = workflow.tree.active(after)
    if any(state in active for state in rule.pause_in):
        return False
    # The programme's end runs through every state that is not final.
    return not any(state in active for state in rule.scope) or workflow.is_final(after)
