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
        target = instance.memory.get(instance.state)
    if target is None:
        return False
    path = workflow.paths.get(target, (target,))
    if any(state in path for state in rule.pause_in):
        return False
    declared = workflow.states.get(target)
    inside = any(state in path for state in rule.scope)
    # The programme's end runs through every state that is not final.
    return not inside or (declared is not None and declared.final)
