"""Places: where in which source something is found, written `source:path`."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class Place:
    """A path in a source: `api:/health`, `reports:reconciliation/latest.json`, `ledger:public.entries`."""

    source: str
    path: str

    def __str__(self) -> str:
        return f"{self.source}:{self.path}"

    @classmethod
    def parse(cls, text: object) -> "Place":
        """Reads `source:path`; both halves must be there."""
        if isinstance(text, Place):
            return text
        source, colon, path = text.partition(":") if isinstance(text, str) else ("", "", "")
        if not (source and colon and path):
            raise ValueError(
                f"{text!r} is no place; write source:path, such as api:/health or reports:daily/latest.json"
            )
        return cls(source, path)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[^:]+:.+$", "examples": ["api:/health"]}
