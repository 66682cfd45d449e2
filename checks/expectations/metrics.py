"""What is expected of metrics: a whole document in good form, and figures within their limits."""

import re
from collections.abc import Mapping

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_most, is_good
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.metrics import MetricsCheck, MetricsRow
from checks.outcome import Outcome, Severity

_SIZE = re.compile(r"(\d+) bytes, (\d+) families")
_LOOKS_BACK = 3
_COLUMNS = (
    *(
        "asks_document",
        "asks_figure",
        "document",
        "content",
        "ending",
        "series_once",
        "bucket_form",
        "type_form",
        "types_expected",
        "agreement",
    ),
    *("agrees_with", "fewest_bytes", "fewest_families", "presence", "number", "min", "max", "samples", "quantile"),
    *("quantile_shown", "within", "total", "error_ratio", "max_ratio"),
)


def _columns(check: MetricsCheck, row: MetricsRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Every column of the suite; a row's part fills its own, and what is null there is not asked of it."""
    own = _of_document(check, row, occasion) if row.part == "document" else _of_figure(check, row)
    return {**dict.fromkeys(_COLUMNS), **own}


def _of_document(check: MetricsCheck, row: MetricsRow, occasion: Occasion) -> dict[str, Scalar]:
    sizes = [_SIZE.fullmatch(each) for each in occasion.earlier.get((check.id, row.subject), ())[:_LOOKS_BACK]]
    keeps = 1 - check.expect.shrink
    types = check.expect.types
    return {
        "asks_document": True,
        "document": row.missing or GOOD,
        "content": row.unreadable or GOOD,
        "ending": row.unended or GOOD,
        "series_once": row.repeated or GOOD,
        "bucket_form": row.buckets or GOOD,
        "type_form": row.types or GOOD,
        "types_expected": ", ".join(f"{name} {kind}" for name, kind in types.items()) or None,
        "agreement": row.disagreement or GOOD,
        "agrees_with": str(check.agrees_with) if check.agrees_with else None,
        "fewest_bytes": max((int(size[1]) * keeps for size in sizes if size), default=None),
        "fewest_families": max((int(size[2]) for size in sizes if size), default=None),
    }


def _of_figure(check: MetricsCheck, row: MetricsRow) -> dict[str, Scalar]:
    own: dict[str, Scalar] = {
        "asks_figure": True,
        "presence": row.absent or GOOD,
        "number": row.unusable or GOOD,
    }
    expect = check.expect
    match row.part:
        case "value":
            limit = next(each for each in expect.values if str(each) == row.subject)
            return {**own, "min": limit.min, "max": limit.max}
        case "latency":
            latency = next(each for each in expect.latency if str(each) == row.subject)
            return {
                **own,
                "samples": latency.samples,
                "quantile": latency.quantile,
                "quantile_shown": latency.quantile if _may_hold(row, latency.quantile) else None,
                "within": latency.within.total_seconds(),
            }
    errors = next(each for each in expect.errors if str(each) == row.subject)
    sensible = row.errors is not None and row.observations is not None and 0 <= row.errors <= row.observations
    return {
        **own,
        "samples": errors.samples,
        "total": row.observations,
        "error_ratio": row.errors / row.observations
        if sensible and row.errors is not None and row.observations
        else None,
        "max_ratio": errors.max,
    }


def _may_hold(row: MetricsRow, quantile: float) -> bool:
    """Whether the limit may have been kept, so that it is worth asking whether it certainly was."""
    return row.share_high is None or row.share_high >= quantile


def _fingerprint(row: MetricsRow) -> str | None:
    """The document's size, for the next scrape to be held against."""
    if row.part != "document" or row.families is None or row.body_bytes is None:
        return None
    return f"{row.body_bytes} bytes, {row.families} families"


METRICS: Suite[MetricsCheck, MetricsRow] = Suite(
    kind="metrics",
    columns=_columns,
    fingerprint=_fingerprint,
    guards={
        "answers": Rule(
            is_good("document"),
            because="{where} was read",
            otherwise="{where}: {document}",
            observed="document",
            asked="asks_document",
        ),
        "readable": Rule(
            is_good("content"),
            because="{where} holds metrics as {format}",
            otherwise="{where} {content}",
            observed="content",
            asked="asks_document",
        ),
        "present": Rule(
            is_good("presence"),
            because="{where} has it",
            otherwise="{presence}",
            observed="presence",
            asked="asks_figure",
            unmet=Outcome.MISSING,
        ),
        "number": Rule(
            is_good("number"),
            because="it is a number",
            otherwise="{number}",
            observed="number",
            asked="asks_figure",
        ),
        "sensible": Rule(
            at_most("errors", "total"),
            because="{errors} errors of {total}",
            otherwise="{errors} errors of only {total}: the two were not counted alike",
            observed="errors",
            expected="total",
            unmet=Outcome.ERROR,
        ),
        "enough": Rule(
            at_most("samples", "observations"),
            because="{observations} observations; {samples} can decide",
            otherwise="only {observations} observations; {samples} are needed to decide",
            observed="observations",
            expected="samples",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        "complete": Rule(
            is_good("ending"),
            because="it ends as {format} must",
            otherwise="it is truncated: {ending}",
            observed="ending",
            asked="asks_document",
        ),
        "size": Rule(
            at_most("fewest_bytes", "body_bytes"),
            because="{body_bytes} bytes; {fewest_bytes} were to be expected at least",
            otherwise="{body_bytes} bytes, after enough last time to expect {fewest_bytes}: it may be truncated",
            observed="body_bytes",
            expected="fewest_bytes",
        ),
        "families": Rule(
            at_most("fewest_families", "families"),
            because="{families} families of metrics; there were {fewest_families}",
            observed="families",
            expected="fewest_families",
            severity=Severity.WARNING,
        ),
        "unique": Rule(
            is_good("series_once"),
            because="each of its {series} series stands there once",
            otherwise="{series_once}",
            observed="series_once",
            asked="asks_document",
        ),
        "buckets": Rule(
            is_good("bucket_form"),
            because="its histograms add up",
            otherwise="{bucket_form}",
            observed="bucket_form",
            asked="asks_document",
        ),
        "types": Rule(
            is_good("type_form"),
            because="it has {types_expected}",
            otherwise="{type_form}",
            observed="type_form",
            expected="types_expected",
        ),
        "agreement": Rule(
            is_good("agreement"),
            because="{agrees_with} says the same",
            otherwise="{agreement}",
            observed="agreement",
            expected="agrees_with",
        ),
        "minimum": Rule(
            at_most("min", "value"), because="{value}; at least {min} is expected", observed="value", expected="min"
        ),
        "maximum": Rule(
            at_most("value", "max"), because="{value}; at most {max} is expected", observed="value", expected="max"
        ),
        "latency": Rule(
            at_most("quantile", "share_high"),
            because="a share of at most {share_high} took up to {within} s; {quantile} is expected",
            observed="share_high",
            expected="quantile",
        ),
        "latency-shown": Rule(
            at_most("quantile_shown", "share_low"),
            because="a share of at least {share_low} took up to {within} s; {quantile} is expected",
            otherwise="{share_low} to {share_high} took up to {within} s: no bucket stands near enough to tell",
            observed="share_low",
            expected="quantile_shown",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "error-ratio": Rule(
            at_most("error_ratio", "max_ratio"),
            because="a share of {error_ratio} are errors; at most {max_ratio} is expected",
            observed="error_ratio",
            expected="max_ratio",
        ),
    },
)
