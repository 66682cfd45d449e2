"""Test results: what was tested, of which version, did all of it pass, and how much of the code did it reach?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Text
from checks.kinds.dated import AgeExpectation, DatedCheck, VersionedRow
from checks.places import Place

Share = Annotated[float, Field(ge=0, le=1)]


class ResultsExpectation(AgeExpectation):
    """What every results file must show: no failure and no error, ever.

    `tests` is the least number of tests, `skipped` the most that may be skipped (any number, if it is left out).
    `suites` and `scenarios` name what must be there and have passed, none of it skipped: a scenario is the name of a
    test, or `class::name`, with `*` for any characters. `coverage` is the least share of lines that were reached.
    """

    tests: Annotated[int, Field(ge=1)] = 1
    skipped: Annotated[int, Field(ge=0)] | None = None
    suites: tuple[Text, ...] = ()
    scenarios: tuple[Text, ...] = ()
    coverage: Share | None = None


class ResultsCheck(DatedCheck):
    """Reads JUnit XML and a coverage report.

    A path with `*` stands for the newest such file, or with `gather: every` for all of them together.
    `version_property` names the property of a test suite that says which version was tested.
    """

    kind: Literal["test-results"] = "test-results"
    results: tuple[Place, ...] = Field(min_length=1)
    gather: Literal["newest", "every"] = "newest"
    version_property: Text = "version"
    coverage: Place | None = None
    expect: ResultsExpectation

    @model_validator(mode="after")
    def _fit(self) -> Self:
        places = [str(place) for place in (*self.results, *((self.coverage,) if self.coverage else ()))]
        twice = sorted({place for place in places if places.count(place) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here more than once")
        if (self.expect.coverage is None) != (self.coverage is None):
            raise ValueError("a coverage report and the share that it must show go together; name both, or neither")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        coverage = (self.coverage.source,) if self.coverage else ()
        return (*(place.source for place in self.results), *coverage, *self.version_sources)

    @property
    def subjects(self) -> tuple[str, ...]:
        return (*(str(place) for place in self.results), *((str(self.coverage),) if self.coverage else ()))


class ResultsRow(VersionedRow):
    """The results at one place, or a coverage report.

    Where a suite counts more failures than it lists tests that failed, its own count stands. `unlisted` says where it
    counts more tests than it lists. `suites_unmet` and `scenarios_unmet` say what is the matter with each.
    """

    part: Literal["results", "coverage"]
    files: int = 1
    tests: int | None = None
    failures: int | None = None
    errors: int | None = None
    skipped: int | None = None
    failed: tuple[str, ...] = ()
    unlisted: str | None = None
    suites_unmet: tuple[str, ...] = ()
    scenarios_unmet: tuple[str, ...] = ()
    line_rate: float | None = None
