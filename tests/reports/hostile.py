"""Text as an adversary would write it, put into every string that a page could show."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

from pydantic import BaseModel

TAME = "word"
PAYLOADS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" style=\'x\' x=`',
    "comment": "--><!-- ]]> </style></details></table>",
    "table": "| a | b |\n| --- | --- |\n| c | d |",
    "link": "[x](javascript:alert(1)) ![y](https://example.org/y.png) <https://example.org> [z]: /z",
    "bare link": "https://example.org/x www.example.org someone@example.org",
    "markdown": "# h\n\n- a\n+ b\n1. c\n> d\n\n---\n```\ncode\n```\n**b** _i_ ~~s~~ `c` &lt;b&gt; \\",
    "controls": "a\x00b\x07c\x1b[31md\x7fe\x85f\r\ng\x0bh",
    "bidi": "user\u202etxt.exe\u2066\u2069\u200f\u061c\u200b\ufeff\U000e0041",
    "surrogate": "half \ud800 of a pair",
    "long": "x" * 10_000,
    "long and hostile": "|`<[*_" * 2_000,
    "template": "{{ 7 * 7 }}{% include 'x' %}{# y #}",
    "empty": "",
    "blank": "\n \t\u2028",
}


def poisoned(value: Any, text: str) -> Any:
    """The same value with `text` in the place of every string in it; words of an enumeration stay."""
    if type(value) is str:
        return text
    if isinstance(value, tuple):
        return tuple(poisoned(part, text) for part in value)
    if isinstance(value, dict):
        return {poisoned(key, text): poisoned(part, text) for key, part in value.items()}
    if isinstance(value, BaseModel):
        return value.model_copy(update={name: poisoned(part, text) for name, part in value})
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: poisoned(getattr(value, field.name), text) for field in fields(value)})
    return value
