"""YAML as plain values: whatever a text is, it is read in bounded depth or refused in words."""

from collections.abc import Callable

import pytest

from checks.yaml_text import NotYamlError, read_yaml, read_yaml_as_text, read_yaml_documents


@pytest.mark.parametrize("read", [read_yaml_as_text, read_yaml, read_yaml_documents])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", "")])
def test_what_is_nested_too_deeply_is_refused_before_it_is_loaded(
    read: Callable[[str], object], opening: str, closing: str
):
    read(opening * 100 + "1" + closing * 100)
    with pytest.raises(NotYamlError, match="nested too deeply"):
        read(opening * 101 + "1" + closing * 101)
