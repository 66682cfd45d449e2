"""Documents: are the texts there that a team relies on, whole, linked, and looked at lately?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Name, Text
from checks.durations import Duration
from checks.evidence.digests import Digest
from checks.evidence.records import Instant, Record
from checks.kinds.dated import VersionedCheck, VersionedRow
from checks.places import Place


class TableExpectation(Record):
    """A table of a document, under a heading, that must hold exactly these rows.

    `columns` names those that are compared; their first identifies a row. A table may have further columns.
    """

    under: Text
    columns: tuple[Text, ...] = Field(min_length=1)
    rows: tuple[tuple[str, ...], ...]

    @model_validator(mode="after")
    def _fit(self) -> Self:
        odd = [row for row in self.rows if len(row) != len(self.columns)]
        if odd:
            raise ValueError(f"a row has {len(odd[0])} cells, and there are {len(self.columns)} columns")
        keys = [row[0] for row in self.rows]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands in more than one row")
        return self


class DocumentsExpectation(Record):
    """What every document must show.

    `headings` are sections that it must have, `says` are words that must stand in it, `links_to` paths that it must
    link to, `open_items` is how many items of its checklists may be open. `links` asks that every relative link leads
    somewhere.
    """

    reviewed: Duration | None = None
    headings: tuple[Text, ...] = ()
    says: tuple[Text, ...] = ()
    links: bool = True
    links_to: tuple[Text, ...] = ()
    open_items: Annotated[int, Field(ge=0)] | None = None
    tables: tuple[TableExpectation, ...] = ()


class DocumentsCheck(VersionedCheck):
    """Reads markdown documents.

    `review` says where reviews are found: in the front matter of each document (`reviewed: 2026-11-22 by NAME`), in the
    history of the git repository that it lies in (a commit with a `Reviewed-by` trailer), or in the evidence folder
    that `log` names, where somebody put these very bytes on record and somebody else accepted them.
    """

    kind: Literal["documents"] = "documents"
    documents: tuple[Place, ...] = Field(min_length=1)
    review: Literal["document", "history", "log"] = "document"
    log: Name | None = None
    expect: DocumentsExpectation = DocumentsExpectation()

    @model_validator(mode="after")
    def _differ(self) -> Self:
        twice = sorted({str(place) for place in self.documents if self.documents.count(place) > 1})
        if twice:
            raise ValueError(f"documents: {', '.join(twice)} stands here more than once")
        if (self.review == "log") != (self.log is not None):
            raise ValueError("write `review: log` and, as `log`, the folder source of the evidence: both, or neither")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        log = (self.log,) if self.log else ()
        return (*(place.source for place in self.documents), *log, *self.version_sources)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(str(place) for place in self.documents)


class DocumentsRow(VersionedRow):
    """A markdown document as it was found; where it was not, what follows is `None`.

    `broken_links` says of each with its line what is wrong. Where nobody reviewed the document, `unreviewed` says how
    that shows. `drift` says how its tables differ from what they must hold.
    """

    digest: Digest | None = None
    words: int | None = None
    links: int | None = None
    broken_links: tuple[str, ...] = ()
    headings_missing: tuple[str, ...] = ()
    unsaid: tuple[str, ...] = ()
    unlinked: tuple[str, ...] = ()
    open_items: int | None = None
    drift: tuple[str, ...] = ()
    reviewed_at: Instant | None = None
    reviewed_by: str | None = None
    unreviewed: str | None = None
