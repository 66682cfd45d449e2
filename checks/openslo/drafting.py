"""Drafts the checks, services and sources of a catalogue from OpenSLO documents."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from checks.openslo.documents import Documents
from checks.openslo.queries import NotRead, Selected, counted, quantile

_DURATION = re.compile(r"(\d+)([mhdwMQY])")
_DAYS = {"M": 30, "Q": 90, "Y": 365}
_KINDS = ("SLO", "SLI", "Service", "DataSource")
_SOURCE = "prometheus"
_MISSHAPEN = (AttributeError, LookupError, TypeError, ValueError)


def drafted(documents: Documents, *, system: str, environment: str) -> tuple[str, list[str]]:
    """The text of a catalogue, and a line for everything that could not be taken over as it was meant."""
    unread = list(documents.unread)
    unread += [f"{kind} {name}: is not taken over" for kind, name in documents.objects if kind not in _KINDS]
    checks: dict[str, Any] = {}
    for name, one in documents.of("SLO").items():
        try:
            checks |= _Slo(name, one, documents, unread).checks()
        except _MISSHAPEN as error:
            unread.append(f"SLO {name}: is not taken over: it lacks or misstates {error}")
    used = sorted({str(check["history"]["prometheus"]) for check in checks.values()})
    owned = sorted({str(check["service"]) for check in checks.values() if "service" in check})
    catalog = {
        "system": system,
        "environment": environment,
        "sources": {source: {"http": f"${{{_variable(source)}}}"} for source in used},
        "services": {service: {"owner": _owner(documents, service)} for service in owned},
        "checks": checks,
    }
    return yaml.safe_dump(catalog, sort_keys=False, allow_unicode=True, width=120), unread


class _Slo:
    """One SLO on its way to checks, one for each of its objectives."""

    def __init__(self, name: str, slo: Mapping[str, Any], documents: Documents, unread: list[str]) -> None:
        self._name = _plain(name)
        self._spec: Mapping[str, Any] = slo.get("spec") or {}
        self._title = slo["metadata"].get("displayName")
        self._documents = documents
        self._unread = unread

    def checks(self) -> dict[str, Any]:
        objectives = self._spec.get("objectives") or []
        if not objectives:
            self._note("has no objectives")
        if self._spec.get("alertPolicies"):
            self._note("its alert policies are not taken over; write an alert-rule check for them")
        found = {}
        for number, objective in enumerate(objectives, start=1):
            name = self._name if len(objectives) == 1 else f"{self._name}-{number}"
            try:
                found[name] = dict(self._check(objective, len(objectives) > 1))
            except NotRead as error:
                self._note(f"objective {number} is not taken over: {error}")
            except _MISSHAPEN as error:
                self._note(f"objective {number} is not taken over: it lacks or misstates {error}")
        return found

    def _check(self, objective: Mapping[str, Any], several: bool) -> Iterator[tuple[str, Any]]:  # noqa: FBT001
        titles = [self._title, objective.get("displayName") if several or not self._title else None]
        yield "kind", "objective"
        if any(titles):
            yield "title", ", ".join(filter(None, titles))
        if self._spec.get("service"):
            yield "service", _plain(str(self._spec["service"]))
        indicator = self._indicator(objective)
        source, metric = self._metric(indicator, objective)
        yield "history", {"prometheus": source}
        yield from metric.items()
        if "target" not in metric:
            yield "target", self._target(objective)
        yield "time_window", self._window()

    def _indicator(self, objective: Mapping[str, Any]) -> Mapping[str, Any]:
        inline = objective.get("indicator") or self._spec.get("indicator")
        if inline:
            return dict(inline["spec"])
        reference = objective.get("indicatorRef") or self._spec.get("indicatorRef")
        known = self._documents.of("SLI")
        if reference not in known:
            raise NotRead(f"its indicator {reference!r} is not in the file")
        return dict(known[str(reference)]["spec"])

    def _metric(self, indicator: Mapping[str, Any], objective: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if "ratioMetric" in indicator:
            if self._spec.get("budgetingMethod", "Occurrences") != "Occurrences":
                self._note(f"its {self._spec['budgetingMethod']} are drafted as occurrences: events count, not slices")
            return self._ratio(indicator["ratioMetric"])
        return self._threshold(indicator["thresholdMetric"], objective)

    def _ratio(self, ratio: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        if "raw" in ratio:
            raise NotRead("a ratio that was computed before (raw) cannot be counted again")
        if ratio.get("counter") is False:
            raise NotRead("its metric is no counter (counter: false)")
        source, total = self._query(ratio["total"])
        every = counted(total)
        if every.without:
            raise NotRead("the query of its total leaves series out, which a catalogue has no word for")
        parts = {}
        for role in ("good", "bad"):
            if role in ratio:
                part, selected = _part(role, counted(self._query(ratio[role])[1]), every)
                parts[part] = selected.series
        return source, {"ratio_metric": {**parts, "total": every.series}}

    def _threshold(self, threshold: Mapping[str, Any], objective: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        source, query = self._query(threshold)
        held = {"op": str(objective["op"]), "value": float(objective["value"])}
        of_histogram = quantile(query)
        if of_histogram is not None:
            share, selected = of_histogram
            self._note(
                f"its quantile is drafted as the share {share} of all observations over the window; "
                f"the target {self._target(objective)} of time slices is not taken over"
            )
            labels = {"labels": selected.labels} if selected.labels else {}
            return source, {
                "threshold_metric": {"histogram": selected.metric, **labels},
                **held,
                "target": float(share),
            }
        selected = counted(query)
        if selected.without or re.search(r"rate|increase|sum", query):
            raise NotRead("the query of its threshold does more than look at a gauge")
        return source, {"threshold_metric": {"gauge": selected.metric, **_labels(selected)}, **held}

    def _query(self, metric: Mapping[str, Any]) -> tuple[str, str]:
        source = metric["metricSource"]
        kind = source.get("type") or self._type_of(source.get("metricSourceRef"))
        if str(kind).lower() != _SOURCE:
            raise NotRead(f"its source is {kind!r}; only Prometheus is read")
        return _plain(str(source.get("metricSourceRef") or _SOURCE)), str(source["spec"]["query"])

    def _type_of(self, reference: object) -> object:
        known = self._documents.of("DataSource").get(str(reference))
        return (known.get("spec") or {}).get("type") if known else None

    def _target(self, objective: Mapping[str, Any]) -> str | float:
        if "targetPercent" in objective:
            return f"{objective['targetPercent']}%"
        return float(objective["target"])

    def _window(self) -> str:
        windows = self._spec.get("timeWindow") or [{"duration": "30d", "isRolling": True}]
        if not self._spec.get("timeWindow"):
            self._note("it names no time window; 30 days are drafted")
        match = _DURATION.fullmatch(str(windows[0]["duration"]))
        if match is None:
            raise NotRead(f"its time window {windows[0]['duration']!r} is no duration")
        if not windows[0].get("isRolling"):
            self._note("its window follows the calendar; one that ends now is drafted")
        days = _DAYS.get(match[2])
        if days is not None:
            self._note(f"its window {match[0]} is drafted as {int(match[1]) * days} days")
        return f"{int(match[1]) * days}d" if days is not None else match[0]

    def _note(self, text: str) -> None:
        line = f"SLO {self._name}: {text}"
        if line not in self._unread:
            self._unread.append(line)


def _part(role: str, selected: Selected, every: Selected) -> tuple[str, Selected]:
    """Good ones that are all but some of the total are as well said by the bad ones."""
    if not selected.without:
        return role, selected
    rest = {label: text for label, text in selected.labels.items() if every.labels.get(label) != text}
    if selected.metric != every.metric or rest or len(selected.without) > 1:
        raise NotRead(f"the query of its {role} part leaves series out, which a catalogue has no word for")
    return "bad" if role == "good" else "good", Selected(every.metric, {**every.labels, **selected.without})


def _labels(selected: Selected) -> dict[str, Any]:
    return {"labels": selected.labels} if selected.labels else {}


def _owner(documents: Documents, service: str) -> str:
    """Whoever a service's labels name, or a gap that is easy to find."""
    known = {_plain(name): one for name, one in documents.of("Service").items()}
    labels = known.get(service, {}).get("metadata", {}).get("labels") or {}
    if not isinstance(labels, Mapping):
        return "nobody yet"
    told = labels.get("owner") or labels.get("team")
    return ", ".join(map(str, told)) if isinstance(told, list) else str(told or "nobody yet")


def _plain(name: str) -> str:
    """A name as a catalogue has them."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._")[:80] or "unnamed"


def _variable(source: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', source).upper()}_URL"
