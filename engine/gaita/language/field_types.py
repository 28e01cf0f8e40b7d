"""The types of fields: what a field's `type`, `of`, `min`, `max` and `default` say of its values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from gaita.fault import did_you_mean, listed, numeral, shown
from gaita.language.report import Lost, Report
from gaita.language.shape import DataFieldShape, FieldShape
from gaita.language.titles import title_of
from gaita.language.toml.places import Path
from gaita.model.value import LARGEST_INTEGER, Kind, Value, ValueType
from gaita.phrase import phrase
from gaita.title import Title

_SCALARS: Final = ("string", "integer", "number", "boolean")
_WITH_ITEMS: Final = frozenset({"choice", "list", "map"})
_WITH_BOUNDS: Final = frozenset({"integer", "number"})
_CHOICES_WRITTEN_OUT: Final = phrase('of = ["one", "two"], or with titles of = { one = "One", two = "Two" }')


@dataclass(frozen=True, slots=True)
class FieldTypes:
    """Reads the types of one workflow's fields. ``data``: those whose choices others may share."""

    data: Mapping[str, DataFieldShape]
    report: Report
    lost: Lost

    def read(self, declared: FieldShape, path: Path) -> tuple[ValueType, dict[str, Title]]:
        """Return the type of the field declared at ``path``, and the titles of its choices."""
        kind = cast("Kind", declared.type)
        if declared.of is not None and kind not in _WITH_ITEMS:
            message = phrase("`of` does not go with the type %(kind)s", kind=kind)
            expected = phrase("`of` with choice, list or map only")
            self.report.add("field", (*path, "of"), message, expected=expected, key=True)
        if declared.of is None and kind in _WITH_ITEMS and not self.lost.has("of"):
            expected = (
                _CHOICES_WRITTEN_OUT if kind == "choice" else phrase('of = "string", or a list of choices')
            )
            self.report.add(
                "field", path, phrase("a %(kind)s does not say of what", kind=kind), expected=expected
            )
        self._check_bounds(declared, kind, path)
        choices = self._choices(declared, kind, (*path, "of")) if kind in _WITH_ITEMS else {}
        if "" in choices:
            message = phrase("one of the choices is empty")
            expected = phrase("a text: leave the field unset where there is nothing to choose")
            self.report.add("field", (*path, "of"), message, expected=expected, newer=True)
        titles = {choice: title for choice, title in choices.items() if title is not None}
        if kind == "choice":
            return ValueType("choice", tuple(choices)), titles
        if kind in _WITH_ITEMS:
            item = ValueType("choice", tuple(choices)) if choices else self._item(declared, kind, path)
            return ValueType(kind, item=item), titles
        if kind not in _WITH_BOUNDS:
            return ValueType(kind), {}
        return ValueType(kind, minimum=_kept(declared.min), maximum=_kept(declared.max)), {}

    def default(self, declared: DataFieldShape, kind: ValueType, path: Path) -> Value | None:
        """Return the default of the data field declared at ``path``, as the engine keeps it."""
        value = declared.default
        if value is None or (isinstance(value, int | float) and _kept(value) is None):
            return None
        try:
            return kind.admit(value)
        except ValueError as error:
            self.report.add(
                "default", (*path, "default"), phrase("this default is not admitted: %(error)s", error=error)
            )
            return None

    def _check_bounds(self, declared: FieldShape, kind: Kind, path: Path) -> None:
        for bound, value in (("min", declared.min), ("max", declared.max)):
            if value is None:
                continue
            if kind not in _WITH_BOUNDS:
                message = phrase("`%(bound)s` does not go with the type %(kind)s", bound=bound, kind=kind)
                expected = phrase("bounds of integers and numbers only")
                self.report.add("field", (*path, bound), message, expected=expected, key=True)
            elif kind == "integer" and _kept(value) is not None and not value.is_integer():
                message = phrase("`%(bound)s` of an integer is %(value)s", bound=bound, value=numeral(value))
                self.report.add("field", (*path, bound), message, expected=phrase("a whole number"))
        low, high = _kept(declared.min), _kept(declared.max)
        if low is not None and high is not None and low > high:
            message = phrase(
                "`min` is %(low)s, more than `max`, which is %(high)s", low=numeral(low), high=numeral(high)
            )
            self.report.add("field", (*path, "min"), message, expected=phrase("the smaller of the two"))

    def _choices(self, declared: FieldShape, kind: Kind, path: Path) -> dict[str, Title | None]:
        """Return the choices that `of` names, each with its title where it has one."""
        of = declared.of
        if isinstance(of, str):
            if of.startswith("data."):
                return self._shared(of, path)
            if kind == "choice":
                hint = did_you_mean(of, self.data, _of_data)
                message = phrase("the choices are a single text")
                self.report.add("field", path, message, expected=_CHOICES_WRITTEN_OUT, hint=hint)
                return {of: None}
        return self._written_out(declared, path)

    def _written_out(self, declared: FieldShape, path: Path) -> dict[str, Title | None]:
        if isinstance(declared.of, dict):
            return {choice: title_of(title, choice) for choice, title in declared.of.items()}
        choices: dict[str, Title | None] = {}
        for number, choice in enumerate(declared.of if isinstance(declared.of, list) else ()):
            if choice in choices:
                message = phrase("the choice %(choice)s stands twice", choice=shown(choice))
                self.report.add("duplicate", (*path, number), message, expected=phrase("each choice once"))
            choices[choice] = None
        return choices

    def _shared(self, of: str, path: Path) -> dict[str, Title | None]:
        """Return the choices of the data field that ``of`` names."""
        name = of.removeprefix("data.")
        if name not in self.data:
            if not self.lost.has(name):
                self.report.unknown("field", path, name, self.data)
            return {}
        other = self.data[name].of
        if isinstance(other, list | dict):
            return self._written_out(self.data[name], ("data", name, "of"))
        message, hint = phrase("the field %(of)s has no choices", of=shown(of)), None
        if isinstance(other, str) and other.startswith("data."):
            message = phrase("the field %(of)s has its choices from another one", of=shown(of))
            hint = phrase('write of = "%(other)s"', other=other)
        expected = phrase("a data field whose choices are written out")
        if not self.lost.has(name, "of"):
            self.report.add("field", path, message, expected=expected, hint=hint)
        return {}

    def _item(self, declared: FieldShape, kind: Kind, path: Path) -> ValueType:
        """Return the type of the items of a list or a map that has no choices."""
        of = declared.of
        if not isinstance(of, str) or of.startswith("data."):
            return ValueType("string")  # what is wrong with it has been reported
        admitted = _SCALARS if kind == "map" else _SCALARS[:1]
        if of in admitted:
            return ValueType(cast("Kind", of))
        expected = phrase("%(kinds)s, or a list of choices", kinds=listed([f'"{each}"' for each in admitted]))
        message = phrase("the items of a %(kind)s are %(of)s", kind=kind, of=shown(of))
        self.report.add("field", (*path, "of"), message, expected=expected, hint=did_you_mean(of, admitted))
        return ValueType("string")


def _kept(number: float | None) -> float | None:
    """Return a number that can be kept; of any other (also of none at all) there is a fault already."""
    return number if number is not None and abs(number) <= LARGEST_INTEGER else None


def _of_data(field: str) -> str:
    return phrase('of = "data.%(field)s", the choices of that field', field=field)
