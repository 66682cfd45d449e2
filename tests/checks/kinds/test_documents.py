"""What a catalogue may ask of documents."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.kinds.documents import DocumentsCheck


def asked(**expect: Any) -> DocumentsCheck:
    return DocumentsCheck.model_validate({"documents": ["files:a.md"], "expect": expect})


def test_the_candidate_s_source_is_one_of_its_sources():
    check = DocumentsCheck.model_validate({"documents": ["files:a.md"], "candidate": {"at": "api:/version"}})
    assert check.sources == ("files", "api")


@pytest.mark.parametrize(
    ("expect", "because"),
    [
        ({"reviewed": 90}, "no duration"),
        ({"tables": [{"under": "A", "columns": ["B", "C"], "rows": [["1"]]}]}, "a row has 1 cells"),
        ({"tables": [{"under": "A", "columns": ["B"], "rows": [["1"], ["1"]]}]}, "1 stands in more than one row"),
        ({"open_items": -1}, "greater than or equal"),
    ],
)
def test_what_nobody_could_mean_is_refused(expect: dict[str, Any], because: str):
    with pytest.raises(ValidationError, match=because):
        asked(**expect)


def test_a_document_stands_in_a_check_once():
    with pytest.raises(ValidationError, match=r"files:a.md stands here more than once"):
        DocumentsCheck.model_validate({"documents": ["files:a.md", "files:a.md"]})
