"""One form for each value: what is equal, what is not, and what cannot be read, rule by rule."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from tasks.comparison import ColumnRule, Kind, Tolerance, Whitespace
from tasks.comparison.canonical import NotFinite, Unreadable, reader, shown
from tasks.comparison.equality import same
from tasks.comparison.errors import RequestError
from tasks.comparison.json_values import JSON_NULL
from tasks.comparison.resolve import Compared
from tasks.comparison.rules import EXACTLY
from tasks.comparison.side import Selected

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
LONG = Decimal("123456789012345678901234567890.123456789")

EQUAL = [
    (Kind.BOOLEAN, True, "t"),
    (Kind.BOOLEAN, True, "TRUE "),
    (Kind.BOOLEAN, True, 1),
    (Kind.BOOLEAN, False, "0"),
    (Kind.BOOLEAN, False, " False"),
    (Kind.INTEGER, 7, "7"),
    (Kind.INTEGER, 7, Decimal("7.0")),
    (Kind.NUMERIC, Decimal("1.0"), Decimal("1.00")),
    (Kind.NUMERIC, 0.1, Decimal("0.1")),
    (Kind.NUMERIC, " 1e3 ", 1000),
    (Kind.NUMERIC, Decimal("NaN"), "NaN"),
    (Kind.NUMERIC, float("nan"), Decimal("sNaN")),
    (Kind.NUMERIC, Decimal("Infinity"), float("inf")),
    (Kind.NUMERIC, LONG, f"{LONG}000"),
    (Kind.FLOAT, 0.0, -0.0),
    (Kind.FLOAT, float("nan"), float("-nan")),
    (Kind.FLOAT, 0.1, "0.1"),
    (Kind.TEXT, "true", True),
    (Kind.TEXT, "5", 5),
    (Kind.TEXT, "0.0000001", Decimal("1E-7")),
    (Kind.TEXT, "100", Decimal("1e2")),
    (Kind.TEXT, '{"a":[1,null]}', {"a": [Decimal(1), None]}),
    (Kind.TEXT, "null", JSON_NULL),
    (Kind.TEXT, b"ab", bytearray(b"ab")),
    (Kind.BYTES, b"\x00\xff", "\\x00ff"),
    (Kind.BYTES, b"\x00", bytearray(b"\x00")),
    (Kind.TIMESTAMP, NOON, NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))),
    (Kind.TIMESTAMP, NOON, "2024-03-01 17:30:00+05:30"),
    (Kind.TIMESTAMP, NOON, "2024-03-01T08:30:00-03:30"),
    (Kind.TIMESTAMP, NOON, "2024-03-01T12:00Z"),
    (Kind.TIMESTAMP, NOON, " 2024-03-01T12:00Z\n"),
    (Kind.TIMESTAMP, NOON, "2024-03-01 12:19:32+00:19:32"),
    (Kind.TIMESTAMP, NOON, "2024-03-01 12:00:00.000000000 UTC"),
    (Kind.TIMESTAMP, NOON, "2024-03-01 12:00:00,0+00"),
    (Kind.TIMESTAMP, "infinity", "infinity"),
    (Kind.TIMESTAMP, "2024-03-01 23:59:60+12", "2024-03-01 24:00:00+12"),
    (Kind.LOCAL_TIMESTAMP, "2024-02-29 24:00", "2024-03-01 00:00"),
    (Kind.DATE, "0044-03-15 BC", "0044-03-15 (BC)"),
    (Kind.LOCAL_TIMESTAMP, datetime(2024, 3, 1), "2024-03-01"),  # noqa: DTZ001
    (Kind.LOCAL_TIMESTAMP, "10000-01-01 00:00:00", "10000-01-01T00:00"),
    (Kind.DATE, date(2024, 2, 29), "2024-02-29"),
    (Kind.DATE, date(1, 1, 1), "0001-01-01"),
    (Kind.TIME, time(1, 2, 3, 4000), "01:02:03.004"),
    (Kind.TIME, time(1, 2), "01:02"),
    (Kind.TIME, timedelta(hours=24), "24:00:00"),
    (Kind.TIME, "23:59:60", "24:00:00"),
    (Kind.TIME, timedelta(hours=-30, milliseconds=-500), "-30:00:00.5"),
    (Kind.TIME, timedelta(hours=838, minutes=59, seconds=59), "838:59:59"),
    (Kind.INTERVAL, timedelta(days=1), 86_400),
    (Kind.INTERVAL, timedelta(seconds=1.5), "1.5"),
    (Kind.INTERVAL, timedelta(days=32, hours=3, minutes=4, seconds=5.5), "1 mon 2 days 03:04:05.5"),
    (Kind.INTERVAL, timedelta(days=-360 + 60, hours=-1), "-1 years +2 mons -01:00:00"),
    (Kind.INTERVAL, timedelta(hours=100), "+100:00:00"),
    (Kind.INTERVAL, timedelta(days=361), "1 year 1 day"),
    (Kind.UUID, UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "A0EEBC999C0B4EF8BB6D6BB9BD380A11"),
    (Kind.JSON, {"a": 1, "b": [2]}, {"b": [Decimal("2.0")], "a": 1.0}),
    (Kind.JSON, {"a": None}, {"a": JSON_NULL}),
    (Kind.JSON, [0.1], [Decimal("0.10")]),
    (Kind.ARRAY, [1, None], "[1, null]"),
    (Kind.ARRAY, "[2:3]=[1,2]", "[2:3]=[1.0, 2]"),
    (Kind.ARRAY, ["a]=b"], '["a]=b"]'),
]  # fmt: skip
UNEQUAL = [
    (Kind.BOOLEAN, True, False),
    (Kind.INTEGER, 7, 8),
    (Kind.NUMERIC, Decimal("NaN"), Decimal("Infinity")),
    (Kind.NUMERIC, Decimal("Infinity"), Decimal("-Infinity")),
    (Kind.NUMERIC, Decimal("NaN"), None),
    (Kind.NUMERIC, LONG, f"{LONG}0000000001"),
    (Kind.NUMERIC, 0, None),
    (Kind.FLOAT, float("nan"), None),
    (Kind.FLOAT, float("nan"), float("inf")),
    (Kind.TEXT, "a", "A"),
    (Kind.TEXT, "b'ab'", b"ab"),
    (Kind.TEXT, "ab", b"ab"),
    (Kind.TEXT, "a", " a"),
    (Kind.TEXT, "", None),
    (Kind.BYTES, b"", b"\x00"),
    (Kind.TIMESTAMP, NOON, NOON + timedelta(microseconds=1)),
    (Kind.TIMESTAMP, "infinity", "-infinity"),
    (Kind.TIMESTAMP, "0044-03-15 00:00+00 BC", "0044-03-15 00:00+00"),
    (Kind.LOCAL_TIMESTAMP, "2024-03-01 12:00:00.000000001", "2024-03-01 12:00:00"),
    (Kind.DATE, "2024-02-29", "2024-03-01"),
    (Kind.TIME, "00:00", "24:00"),
    (Kind.TIME, "01:02:03", "01:02:04"),
    (Kind.TIME, "01:02:03", "01:03:03"),
    (Kind.TIME, "01:02:03", "02:02:03"),
    (Kind.INTERVAL, timedelta(0), timedelta(microseconds=1)),
    (Kind.JSON, True, 1),
    (Kind.JSON, "1", 1),
    (Kind.JSON, [1, 2], [2, 1]),
    (Kind.JSON, {"a": None}, {}),
    (Kind.JSON, JSON_NULL, None),
    (Kind.JSON, [], {}),
    (Kind.JSON, "a", ["a"]),
    (Kind.ARRAY, [[1], [2]], [1, 2]),
    (Kind.ARRAY, "[2:3]=[1,2]", "[1,2]"),
    (Kind.ARRAY, "[0:0][-1:0]=[[1,2]]", "[0:0][0:1]=[[1,2]]"),
    (Kind.OTHER, "10.0.0.1", "10.0.0.1/32"),
]
UNREADABLE = [
    (Kind.BOOLEAN, "yes"),
    (Kind.BOOLEAN, 2),
    (Kind.INTEGER, True),
    (Kind.INTEGER, "1_000"),
    (Kind.INTEGER, "１２"),
    (Kind.NUMERIC, "NaN123"),
    (Kind.FLOAT, "1_000"),
    (Kind.FLOAT, "１２"),
    (Kind.FLOAT, b"12"),
    (Kind.INTERVAL, "1_0"),
    (Kind.INTERVAL, ""),
    (Kind.INTERVAL, "1 mon 00:99:00"),
    (Kind.INTERVAL, "1 day 2 mons"),
    (Kind.UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a_1"),
    (Kind.UUID, 7),
    (Kind.TIMESTAMP, "2023-11-14 25:61:61Z"),
    (Kind.TIMESTAMP, "2023-11-14 25:00:00Z"),
    (Kind.TIMESTAMP, "2023-11-14 24:00:01Z"),
    (Kind.TIMESTAMP, "2023-11-14 12:00:00+99:99"),
    (Kind.LOCAL_TIMESTAMP, "2023-11-14 00:99:00"),
    (Kind.LOCAL_TIMESTAMP, "2023-11-14 00:00:61"),
    (Kind.DATE, "0000-01-01 BC"),
    (Kind.TIME, "00:99:00"),
    (Kind.TIME, "00:00:61"),
    (Kind.NUMERIC, "1,5"),
    (Kind.NUMERIC, False),
    (Kind.FLOAT, True),
    (Kind.FLOAT, "one"),
    (Kind.BYTES, "00ff"),
    (Kind.TIMESTAMP, datetime(2024, 3, 1)),  # noqa: DTZ001
    (Kind.TIMESTAMP, "2024-03-01 12:00"),
    (Kind.TIMESTAMP, "2024-02-30 12:00Z"),
    (Kind.LOCAL_TIMESTAMP, NOON),
    (Kind.LOCAL_TIMESTAMP, "2024-03-01 12:00Z"),
    (Kind.DATE, NOON),
    (Kind.DATE, "2024-03-01 12:00"),
    (Kind.TIMESTAMP, "２０２４-03-01 12:00Z"),
    (Kind.TIME, "12:00+01"),
    (Kind.TIME, "１2:00"),
    (Kind.INTERVAL, "Infinity"),
    (Kind.UUID, "a0eebc99"),
    (Kind.ARRAY, "[NaN]"),
    (Kind.ARRAY, "{1,2}"),
]  # fmt: skip


def canonical(kind: Kind, raw: object, own: Kind | None = None, **rule: object) -> object:
    return reader(kind, ColumnRule(**rule), own or kind)(raw)


@pytest.mark.parametrize(("kind", "one", "other"), EQUAL)
def test_equal_values_have_one_form(kind, one, other):
    left, right = canonical(kind, one), canonical(kind, other)
    assert not isinstance(left, Unreadable)
    assert left == right
    assert hash(left) == hash(right)
    assert type(left) is type(right) or {type(left), type(right)} == {int, Decimal}


@pytest.mark.parametrize(("kind", "one", "other"), UNEQUAL)
def test_unequal_values_have_two(kind, one, other):
    left, right = canonical(kind, one), canonical(kind, other)
    assert not isinstance(left, Unreadable)
    assert not isinstance(right, Unreadable)
    assert left != right


@pytest.mark.parametrize(("kind", "raw"), UNREADABLE)
def test_what_is_no_value_of_its_kind_equals_only_itself(kind, raw):
    found = canonical(kind, raw)
    assert found == Unreadable(str(raw))
    assert found != Unreadable(f"{raw} ")
    assert shown(found, kind) == (str(raw).lower() if isinstance(raw, bool) else str(raw))


def test_null_is_null_of_every_kind():
    assert {canonical(kind, None) for kind in Kind} == {None}


def test_json_in_text_is_read_as_json():
    assert canonical(Kind.JSON, '{"a": 1.10}', own=Kind.TEXT) == canonical(Kind.JSON, {"a": Decimal("1.1")})
    assert canonical(Kind.JSON, '{"a": 1, "a": 2}', own=Kind.TEXT) == canonical(Kind.JSON, {"a": 2})
    assert canonical(Kind.JSON, "null", own=Kind.TEXT) == canonical(Kind.JSON, JSON_NULL)
    assert canonical(Kind.JSON, '"null"') != canonical(Kind.JSON, JSON_NULL)
    assert isinstance(canonical(Kind.JSON, '{"a": NaN}', own=Kind.TEXT), Unreadable)


def test_numbers_of_json_keep_every_digit():
    one, other = (
        canonical(Kind.JSON, f"[{digits}]", own=Kind.TEXT) for digits in ("9007199254740993", "9007199254740992")
    )
    assert one != other
    ones, longer = (canonical(Kind.JSON, digits * 5_000, own=Kind.TEXT) for digits in ("1", "11"))
    assert not isinstance(ones, Unreadable)
    assert ones != longer
    assert shown(canonical(Kind.JSON, "[0.1000000000000000055]", own=Kind.TEXT), Kind.JSON) == "[0.1000000000000000055]"


def array(element: Kind, raw: object) -> object:
    return reader(Kind.ARRAY, EXACTLY, Kind.ARRAY, element)(raw)


@pytest.mark.parametrize(
    ("element", "one", "other", "text"),
    [
        (Kind.INTEGER, [1, None], "{1,NULL}", "[1,null]"),
        (Kind.INTEGER, "[2:3]=[1,2]", "[2:3]={1,2}", "[2:3]=[1,2]"),
        (Kind.NUMERIC, [[Decimal("1.0")], [2]], "{{1},{2.00}}", "[[1.0],[2]]"),
        (Kind.FLOAT, [float("nan"), float("-inf"), 0.5], '["NaN", "-Infinity", 0.5]', '["NaN","-Infinity",0.5]'),
        (Kind.FLOAT, [float("nan"), -0.0], "{NaN,0}", None),
        (Kind.BOOLEAN, [True, False], "{t,f}", "[true,false]"),
        (Kind.TEXT, ["NULL", 'a"\\b', "", "{,}", None], '{"NULL","a\\"\\\\b","","{,}",NULL}', None),
        (Kind.BYTES, [b"ab"], '["\\\\x6162"]', '["\\\\x6162"]'),
        (Kind.BYTES, [b"ab"], '{"\\\\x6162"}', None),
        (Kind.LOCAL_TIMESTAMP, [datetime(2024, 3, 1, 12)], '["2024-03-01T12:00:00"]', '["2024-03-01T12:00:00"]'),  # noqa: DTZ001
        (Kind.TIMESTAMP, [NOON], '{"2024-03-01 13:00:00+01"}', '["2024-03-01T12:00:00Z"]'),
        (Kind.TIMESTAMP, "{infinity}", '["infinity"]', '["infinity"]'),
        (Kind.JSON, [{"a": 1.0}], '{"{\\"a\\": 1}"}', None),
        (Kind.OTHER, ["a"], '["a"]', '["a"]'),
        (Kind.INTEGER, [], "{}", "[]"),
    ],
)  # fmt: skip
def test_elements_of_an_array_are_read_as_their_kind(element, one, other, text):
    left = array(element, one)
    assert not isinstance(left, Unreadable)
    assert left == array(element, other)
    assert text is None or shown(left, Kind.ARRAY) == text


@pytest.mark.parametrize("raw", ["{1,,2}", "{1", "{1}{2}", '{"1"2}', "{ 1}", "{1}x", "{one}", '{"1}', ["one"]])
def test_what_is_no_array_of_its_elements_is_unreadable(raw):
    assert array(Kind.INTEGER, raw) == Unreadable(str(raw))


def test_text_that_says_null_in_an_array_is_not_null():
    assert array(Kind.TEXT, '{"NULL"}') != array(Kind.TEXT, "{NULL}")
    assert array(Kind.INTEGER, "[1]") != array(Kind.INTEGER, "[2]")


def test_a_local_time_is_an_instant_only_by_rule():
    assert isinstance(canonical(Kind.TIMESTAMP, "2024-03-01 12:00"), Unreadable)
    noon = canonical(Kind.TIMESTAMP, NOON)
    assert canonical(Kind.TIMESTAMP, "2024-03-01 12:00", zone_utc=True) == noon
    assert canonical(Kind.TIMESTAMP, datetime(2024, 3, 1, 12), zone_utc=True) == noon  # noqa: DTZ001
    assert canonical(Kind.TIMESTAMP, "2024-03-01 13:00+01", zone_utc=True) == noon


def test_text_rules_apply_to_text_alone():
    assert canonical(Kind.TEXT, "\t A \n b\f", whitespace=Whitespace.TRIM) == "A \n b"
    assert canonical(Kind.TEXT, "\t A \n b\f", whitespace=Whitespace.COLLAPSE) == "A b"
    assert canonical(Kind.TEXT, " A ", ignore_case=True) == " a "
    assert canonical(Kind.TEXT, "\u00a0a", whitespace=Whitespace.TRIM) == "\u00a0a"
    assert canonical(Kind.OTHER, " A ", ignore_case=True, whitespace=Whitespace.TRIM) == " A "


def test_empty_text_is_null_only_by_rule_and_after_trimming():
    assert canonical(Kind.TEXT, " ", null_equals_empty=True) == " "
    assert canonical(Kind.TEXT, " ", null_equals_empty=True, whitespace=Whitespace.TRIM) is None
    assert canonical(Kind.TEXT, "") == ""
    assert {canonical(kind, "", null_equals_empty=True) for kind in Kind} == {None}


def test_rounding_is_of_finite_numbers_half_away_from_zero_and_of_any_length():
    assert canonical(Kind.NUMERIC, Decimal("0.125"), round_to=2) == Decimal("0.13")
    assert canonical(Kind.NUMERIC, Decimal("-0.125"), round_to=2) == Decimal("-0.13")
    assert canonical(Kind.NUMERIC, 15, round_to=-1) == 20
    assert canonical(Kind.NUMERIC, Decimal("NaN"), round_to=2) is NotFinite.NAN
    assert canonical(Kind.NUMERIC, LONG, round_to=8) == Decimal("123456789012345678901234567890.12345679")
    for places in (2_001, -2_001):
        with pytest.raises(RequestError, match=f"at most 2000 places, not to {places}"):
            ColumnRule(round_to=places)
    assert canonical(Kind.NUMERIC, "1e999999", round_to=2) == Decimal("1e999999")
    assert canonical(Kind.NUMERIC, f"{'1' * 200_000}.123", round_to=2) == Unreadable(f"{'1' * 200_000}.123")
    assert canonical(Kind.TEXT, "0.125", round_to=2) == "0.125"
    assert canonical(Kind.TIMESTAMP, NOON, round_to=-12) == canonical(Kind.TIMESTAMP, NOON)


def test_cutting_keeps_the_digits_that_were_asked_for():
    for kind, raw in ((Kind.TIMESTAMP, "2024-01-01 00:00:00.1239Z"), (Kind.TIME, "00:00:00.1239")):
        cut = canonical(kind, raw, second_digits=3)
        assert cut == canonical(kind, raw.replace("1239", "123"))
        assert canonical(kind, raw, second_digits=0) == canonical(kind, raw.replace(".1239", ""))
    assert canonical(Kind.TIMESTAMP, "infinity", second_digits=3) == "infinity"
    assert canonical(Kind.TIME, "-30:00:00.1239", second_digits=3) == canonical(Kind.TIME, "-30:00:00.123")
    with pytest.raises(RequestError, match="0 to 9 digits of a second, not to 10"):
        ColumnRule(second_digits=10)
    assert canonical(Kind.DATE, "2024-02-29", second_digits=3) == canonical(Kind.DATE, "2024-02-29")


def test_dates_count_from_one_day_in_every_year():
    assert canonical(Kind.DATE, "1970-01-01") == 0
    assert canonical(Kind.DATE, "0001-01-01") - canonical(Kind.DATE, "0001-12-31 BC") == 1
    assert canonical(Kind.DATE, "10000-01-01") - canonical(Kind.DATE, "9999-12-31") == 1


@pytest.mark.parametrize(
    ("kind", "raw", "text"),
    [
        (Kind.TIMESTAMP, NOON, "2024-03-01T12:00:00Z"),
        (Kind.LOCAL_TIMESTAMP, "2024-03-01 12:00:00.5", "2024-03-01T12:00:00.5"),
        (Kind.DATE, "0044-03-15 BC", "0044-03-15 BC"),
        (Kind.TIMESTAMP, "0044-03-15 12:00:00+00 BC", "0044-03-15T12:00:00Z BC"),
        (Kind.LOCAL_TIMESTAMP, "0044-03-15 12:00:00 BC", "0044-03-15T12:00:00 BC"),
        (Kind.TIME, "-838:59:59.5", "-838:59:59.5"),
        (Kind.NUMERIC, "1e999999999", "1E+999999999"),
        (Kind.TEXT, b"ab", "\\x6162"),
        (Kind.DATE, "12345-01-02", "12345-01-02"),
        (Kind.TIME, "24:00", "24:00:00"),
        (Kind.INTERVAL, timedelta(days=1, milliseconds=5), "86400.005 s"),
        (Kind.NUMERIC, Decimal("1e3"), "1000"),
        (Kind.FLOAT, float("inf"), "Infinity"),
        (Kind.FLOAT, float("-inf"), "-Infinity"),
        (Kind.FLOAT, float("nan"), "NaN"),
        (Kind.BYTES, b"\x01", "\\x01"),
        (Kind.JSON, {"b": [1, None, True, "x"]}, '{"b":[1,null,true,"x"]}'),
        (Kind.ARRAY, "[0:1]=[1,2]", "[0:1]=[1,2]"),
        (Kind.UUID, "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ],
)
def test_values_are_shown_as_people_write_them(kind, raw, text):
    assert shown(canonical(kind, raw), kind) == text


def close(kind: Kind, one: object, other: object, **bounds: object) -> bool:
    """Whether two values are the same under a tolerance."""
    rule = ColumnRule(tolerance=Tolerance(**bounds))
    selected = Selected("v", None)
    test = same(Compared("v", kind, rule, selected, selected))
    return test(canonical(kind, one), canonical(kind, other))


def test_tolerances_are_exact_at_their_bound():
    assert close(Kind.NUMERIC, "0.1", "0.2", absolute=Decimal("0.1"))
    assert not close(Kind.NUMERIC, "0.1", "0.2000000000000000000000000000001", absolute=Decimal("0.1"))
    assert close(Kind.FLOAT, 0.1, 0.2, absolute=Decimal("0.1"))
    assert close(Kind.NUMERIC, "-90", "-100", relative=Decimal("0.1"))
    assert not close(Kind.NUMERIC, "-89.9", "-100", relative=Decimal("0.1"))
    longer = f"{LONG}".replace("90.", "91.")
    assert close(Kind.NUMERIC, LONG, longer, absolute=Decimal(1))
    assert not close(Kind.NUMERIC, LONG, longer, absolute=Decimal("0.9999999999"))


def test_one_of_two_bounds_is_enough():
    assert close(Kind.NUMERIC, 1, 2, absolute=Decimal(1), relative=Decimal(0))
    assert close(Kind.NUMERIC, 1000, 1001, absolute=Decimal(0), relative=Decimal("0.01"))


def test_what_is_no_finite_number_is_close_to_itself_alone():
    for value in ("NaN", "Infinity", None):
        assert close(Kind.NUMERIC, value, value, absolute=Decimal(10))
        assert not close(Kind.NUMERIC, value, 0, absolute=Decimal(10))
    assert not close(Kind.FLOAT, float("inf"), 1.0, relative=Decimal(2))


def test_a_day_is_so_many_seconds_to_a_tolerance():
    assert close(Kind.DATE, "2024-02-28", "2024-02-29", time=timedelta(days=1))
    assert not close(Kind.DATE, "2024-02-28", "2024-02-29", time=timedelta(hours=23))
    assert close(Kind.TIMESTAMP, "infinity", "infinity", time=timedelta(0))
    assert not close(Kind.TIMESTAMP, "infinity", NOON, time=timedelta(days=999_999))


def test_without_a_tolerance_there_is_no_other_test_than_equality():
    selected = Selected("v", None)
    assert same(Compared("v", Kind.NUMERIC, EXACTLY, selected, selected)) is None


@pytest.mark.parametrize(
    ("raw", "told"),
    [(False, "false"), (True, "true"), ({"a": [False, None]}, '{"a":[false,null]}'), ([Decimal("1.50")], "[1.50]")],
)
def test_what_only_json_has_is_shown_in_its_words_whatever_it_was_read_as(raw, told):
    for kind in (Kind.NUMERIC, Kind.TIMESTAMP, Kind.UUID):
        assert shown(reader(kind, EXACTLY, Kind.JSON)(raw), kind) == told
