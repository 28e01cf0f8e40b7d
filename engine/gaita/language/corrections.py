"""What a workflow says about entries that are made late, or put right."""

from gaita.language.due_rules import Dues
from gaita.language.fields import checked_roles
from gaita.language.report import Lost, Report
from gaita.language.shape import DocumentShape
from gaita.language.titles import names_of
from gaita.model.workflow import Corrections


def corrections_of(shape: DocumentShape, report: Report, dues: Dues, lost: Lost) -> Corrections:
    """Return what may be put right, and by whom."""
    declared = shape.corrections
    if declared is None:
        return Corrections()
    by: tuple[str, ...] = ()
    if declared.by is not None:
        by = checked_roles(names_of(declared.by), ("corrections", "by"), shape, report, lost=lost)
    late = None
    if declared.late_entry is not None:
        late = dues.amount(declared.late_entry, ("corrections", "late_entry"))
    return Corrections(by, late, declared.closed_until)
