"""What an HTTP answer must show: its status, its headers, its body, its certificate."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from checks.durations import Duration
from checks.evidence.records import Record
from checks.kinds.fields import FieldPath, Json, Limits
from checks.secret_names import speaks_of_secrets

SecureHeader = Literal["hsts", "nosniff", "frame", "csp", "referrer"]
StatusSet = Annotated[int, Field(ge=100, le=599)] | Literal["1xx", "2xx", "3xx", "4xx", "5xx"]


def _kept_header(name: str) -> str:
    """A header that may hold a secret is not kept as evidence, so nobody could judge it."""
    if speaks_of_secrets(name):
        raise ValueError(f"the header {name} may hold a secret and is not kept as evidence; leave it out")
    return name


HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,80}$")]
KeptHeader = Annotated[HeaderName, AfterValidator(_kept_header)]
HeaderPattern = Annotated[str, StringConstraints(min_length=1, max_length=500)]


def _valid_shape(shape: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema that is one, and that needs nothing from elsewhere."""
    from jsonschema.exceptions import SchemaError  # takes a while to import, and most catalogues need none of it
    from jsonschema.validators import Draft202012Validator, validator_for

    try:
        validator_for(shape, default=Draft202012Validator).check_schema(shape)
    except SchemaError as error:
        where = "/".join(map(str, error.absolute_path))
        raise ValueError(f"no JSON Schema: {where + ': ' if where else ''}{error.message[:200]}") from None
    for reference in _references(shape):
        if not reference.startswith("#"):
            raise ValueError(f"refers to {reference!r}; a shape holds all that it needs, and refers to #/$defs/…")
    return shape


def _references(shape: object) -> Iterator[str]:
    """Every `$ref` and `$dynamicRef` in a schema."""
    if isinstance(shape, dict):
        yield from (str(shape[key]) for key in ("$ref", "$dynamicRef") if isinstance(shape.get(key), str))
        for value in shape.values():
            yield from _references(value)
    elif isinstance(shape, list):
        for value in shape:
            yield from _references(value)


class Answer(Record):
    """What an answer must show; what is left out is not asked for.

    `http` may name whole classes, such as `4xx`. A header in `headers` matches one of its patterns, in which `*` stands
    for anything. `secure` asks for headers that protect a browser by what they mean: `hsts` for a
    Strict-Transport-Security that lasts, `frame` for X-Frame-Options or a policy's frame-ancestors. `equals`, `max`,
    `min` and `has` are about fields of a JSON body, by dotted path; `shape` is a JSON Schema of all of it. `upgrades`
    is for a plain `http://` address, which must refuse the connection or lead to `https://`; `unmixed` for a page that
    may load nothing over plain HTTP.
    """

    http: tuple[StatusSet, ...] | None = Field(default=None, min_length=1)
    within: Duration | None = None
    headers: dict[KeptHeader, HeaderPattern | tuple[HeaderPattern, ...]] = Field(default_factory=dict)
    secure: tuple[SecureHeader, ...] = ()
    equals: dict[FieldPath, Json] = Field(default_factory=dict)
    max: Limits = Field(default_factory=dict)
    min: Limits = Field(default_factory=dict)
    has: tuple[FieldPath, ...] = ()
    shape: Annotated[dict[str, Any], AfterValidator(_valid_shape)] | None = None
    certificate_for: Duration | None = None
    unmixed: bool = False
    upgrades: bool = False

    @model_validator(mode="after")
    def _upgrades_alone(self) -> Self:
        if self.upgrades and self.model_fields_set != {"upgrades"}:
            raise ValueError("a plain address that only refuses or leads away shows nothing else; keep upgrades alone")
        return self

    @property
    def asks_fields(self) -> bool:
        """Whether single fields of the body are asked for."""
        return bool(self.equals or self.max or self.min or self.has)


def accepts(expected: tuple[StatusSet, ...], status: int) -> bool:
    """Whether a status is one of those expected."""
    return status in expected or f"{status // 100}xx" in expected
