"""Signatures: was each artefact signed, just as it is, by a key that the catalogue trusts?"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from checks.catalog import Check, Name, Text
from checks.errors import VerificationError
from checks.evidence.artifact_signatures import ArtifactKey, Form
from checks.evidence.records import Record
from checks.kinds.dated import DocumentRow
from checks.places import Place


def _is_a_key(text: str) -> str:
    try:
        ArtifactKey.parse(text)
    except VerificationError as error:
        raise ValueError(str(error)) from None
    return text


KeyText = Annotated[str, AfterValidator(_is_a_key)]


class SignedArtefact(Record):
    """A file, and where its signature is: without `signature`, beside it with the ending `.sig`."""

    file: Place
    signature_at: Place | None = Field(default=None, alias="signature")

    @property
    def signature(self) -> Place:
        """Where its signature is."""
        return self.signature_at or Place(self.file.source, f"{self.file.path}.sig")


class SignaturesCheck(Check):
    """Verifies the signatures of artefacts by `keys`: ssh-ed25519, minisign's, or PEM (Ed25519, ECDSA, RSA).

    A signature may be of SSH (for `namespace`), minisign, a bundle of cosign, or plain, as openssl writes it. The keys
    stand in the catalogue, so that nobody who replaces an artefact can replace them. Certificates are not looked at: a
    signature without a key that lasts needs its own service to vouch for it.
    """

    kind: Literal["signatures"] = "signatures"
    artefacts: dict[Name, SignedArtefact] = Field(min_length=1)
    keys: dict[Name, KeyText] = Field(min_length=1)
    namespace: Text = "file"

    @property
    def trusted(self) -> dict[str, ArtifactKey]:
        """The keys by name."""
        return {name: ArtifactKey.parse(text) for name, text in self.keys.items()}

    @property
    def sources(self) -> tuple[str, ...]:
        places = [place for one in self.artefacts.values() for place in (one.file, one.signature)]
        return tuple(dict.fromkeys(place.source for place in places))

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.artefacts)


class SignaturesRow(DocumentRow):
    """An artefact and its signature; `unsigned` says why there is none, `signer` whose key made it.

    `unreadable` is about the signature: an artefact may be of any form.
    """

    sha256: str | None = None
    signature: str
    unsigned: str | None = None
    form: Form | None = None
    signer: str | None = None
