"""Which kind two columns are compared as, or why they cannot be."""

from tasks.comparison.errors import TypesError
from tasks.comparison.kinds import NUMBERS, TIMES, Column, Kind
from tasks.comparison.rules import ColumnRule

_EXACT_NUMBERS = {Kind.INTEGER, Kind.NUMERIC}
_UNSAID = {Kind.TEXT, Kind.JSON}
"""What lines and fields are where nobody says more."""
_READ_AS = {"boolean", "integer", "numeric", "timestamp", "date", "json", "uuid"}
"""Kinds that text can be read as, if what is written there is of them."""
_AS_WHAT, _NUMBER, _INSTANT = "; say as what kind", ("read_as", "numeric"), ("read_as", "timestamp")
_STAMPS = {Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP}


def agreed_kind(name: str, left: Column, right: Column, rule: ColumnRule) -> Kind:
    """The kind for one compared column; the rule's own, else what both declare, else the one that both fit into."""
    for column in (left, right):
        if column.unfit:
            raise TypesError(f"column {name}: {column.unfit}; leave it out (ignore), or write it in another type")
    kind = rule.kind or _declared(name, left, right, rule)
    if kind is Kind.FLOAT and rule.round_to is not None:
        kind = Kind.NUMERIC
    _refuse_unfit_tolerance(name, kind, rule)
    _refuse_idle_rule(name, kind, rule)
    if rule.about_text and kind is not Kind.TEXT:
        said = f"column {name}: a rule on case or blanks does not fit {kind.value}; say that it is text"
        raise TypesError(said, name, ("read_as", "text"))
    return kind


def _declared(name: str, left: Column, right: Column, rule: ColumnRule) -> Kind:
    if left.loose != right.loose:
        return _zoned((right if left.loose else left).kind, rule)
    kinds = {_zoned(left.kind, rule), _zoned(right.kind, rule)}
    if left.loose and right.loose and rule.about_text and kinds <= _UNSAID:
        return Kind.TEXT
    if len(kinds) == 1:
        return _alike(name, left, right, kinds.pop())
    if kinds <= _EXACT_NUMBERS:
        return Kind.NUMERIC
    if left.loose and right.loose:
        said = kinds - _UNSAID
        return said.pop() if len(said) == 1 else Kind.TEXT
    if Kind.FLOAT in kinds and kinds - {Kind.FLOAT} <= _EXACT_NUMBERS:
        return _float_and_exact(name, left, right, rule)
    unlike = f"column {name}: {_said(left)} cannot be compared with {_said(right)}"
    if kinds == _STAMPS:
        raise TypesError(f"{unlike}; say that local timestamps are UTC", name, ("zone_utc", "true"))
    word, *others = sorted(kind.value for kind in kinds - {Kind.TEXT})
    raise TypesError(f"{unlike}{_AS_WHAT}", name, ("read_as", "text" if others or word not in _READ_AS else word))


def _zoned(kind: Kind, rule: ColumnRule) -> Kind:
    return Kind.TIMESTAMP if kind is Kind.LOCAL_TIMESTAMP and rule.zone_utc else kind


def _alike(name: str, left: Column, right: Column, kind: Kind) -> Kind:
    """One kind on both sides; arrays need elements of one kind, and unknown types one name."""
    unlike = kind is Kind.OTHER and left.declared != right.declared
    if kind is Kind.ARRAY and left.element and right.element:
        elements = {left.element, right.element}
        unlike = len(elements) > 1 and not elements <= _EXACT_NUMBERS
    if unlike:
        said = f"column {name}: {_said(left)} cannot be compared with {_said(right)}; say as what kind"
        raise TypesError(said, name, ("read_as", "text"))
    return kind


def _float_and_exact(name: str, left: Column, right: Column, rule: ColumnRule) -> Kind:
    bound = rule.tolerance and (rule.tolerance.absolute is not None or rule.tolerance.relative is not None)
    if bound or rule.round_to is not None:
        return Kind.NUMERIC
    raise TypesError(
        f"column {name}: {_said(left)} against {_said(right)} needs a tolerance or rounding, "
        "because a binary float holds few decimals exactly",
        name,
        ("round_to", "2"),
    )


def _refuse_unfit_tolerance(name: str, kind: Kind, rule: ColumnRule) -> None:
    if rule.tolerance is None:
        return
    if rule.tolerance.time is not None and kind not in TIMES:
        raise TypesError(f"column {name}: a tolerance in time does not fit {kind.value}{_AS_WHAT}", name, _INSTANT)
    numbers = rule.tolerance.absolute is not None or rule.tolerance.relative is not None
    if numbers and kind not in NUMBERS:
        raise TypesError(f"column {name}: a tolerance in numbers does not fit {kind.value}{_AS_WHAT}", name, _NUMBER)


def _refuse_idle_rule(name: str, kind: Kind, rule: ColumnRule) -> None:
    """A rule that does nothing would be told of in evidence all the same."""
    for word, is_asked, fitting, advice in (
        ("rounding", rule.round_to is not None, NUMBERS, _NUMBER),
        ("cutting to digits of a second", rule.second_digits is not None, TIMES, _INSTANT),
        ("a zone", rule.zone_utc, {Kind.TIMESTAMP}, _INSTANT),
    ):
        if is_asked and kind not in fitting:
            raise TypesError(f"column {name}: {word} does not fit {kind.value}{_AS_WHAT}", name, advice)


def _said(column: Column) -> str:
    return column.declared or column.kind.value
