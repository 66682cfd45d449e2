"""Steps 4 and 5 of verification: somebody trusted signed this very bag, and the statements about it."""

from typing import TypeVar

from pydantic import ValidationError

from checks.errors import VerificationError
from checks.evidence.bag import TAG_MANIFEST
from checks.evidence.bag_info import SealedInfo
from checks.evidence.contents import Contents
from checks.evidence.dsse import open_envelope, pre_authentication_encoding, sigstore_bundle
from checks.evidence.sshsig import SshSignature, verifies
from checks.evidence.statement import (
    OUTCOMES_FILE,
    SIGSTORE_FILE,
    STATEMENT_FILE,
    Outcomes,
    OutcomesStatement,
    Resource,
    ResultStatement,
    subject_name,
)
from checks.evidence.trust import TrustPolicy

SIGNATURE_FILE = f"{TAG_MANIFEST}.sig"

AnyStatement = TypeVar("AnyStatement", ResultStatement, OutcomesStatement)


def unsigned(contents: Contents, trust: TrustPolicy) -> list[str]:
    """Step 4: why the tag manifest does not count as signed."""
    file, data = f"proof/{SIGNATURE_FILE}", contents.proofs.get(SIGNATURE_FILE)
    info, tag_manifest = contents.info, contents.tags.get(TAG_MANIFEST)
    if data is None:
        return [f"{file} is not there"]
    if tag_manifest is None:
        return [f"{TAG_MANIFEST} is not there, so {file} signs nothing"]
    try:
        signature = SshSignature.parse(data)
    except VerificationError as error:
        return [f"{file}: {error}"]
    problems = [] if signature.signs(tag_manifest) else [f"{file} does not sign this {TAG_MANIFEST}"]
    if isinstance(info, str):
        return [*problems, f"{info}; nobody can say at what time the key of {file} had to be valid"]
    why_not = trust.why_not(signature.key, info.verified_as_of)
    return problems if why_not is None else [*problems, f"{file}: {why_not}"]


def misstated(contents: Contents, trust: TrustPolicy) -> list[str]:
    """Step 5: the statements that nobody trusted signed, or that speak of something else."""
    return [*_wrong_result(contents, trust), *_wrong_outcomes(contents, trust), *_wrong_sigstore(contents)]


def attested_outcomes(contents: Contents) -> Outcomes | None:
    """What the outcomes statement says, trusted or not; `None` if none about this bag can be read."""
    statement = _about(contents, OUTCOMES_FILE, OutcomesStatement)
    return statement.predicate if statement else None


def attested_result(contents: Contents) -> str | None:
    """The one word of the test-result statement, trusted or not; `None` if none about this bag can be read."""
    statement = _about(contents, STATEMENT_FILE, ResultStatement)
    return statement.predicate.result if statement else None


def _about(contents: Contents, name: str, kind: type[AnyStatement]) -> AnyStatement | None:
    try:
        payload, _ = open_envelope(contents.proofs.get(name, b""))
        statement = kind.model_validate_json(payload)
    except (VerificationError, ValidationError):
        return None
    return statement if statement.subject[0].digest.get("sha256") == contents.digest else None


def _wrong_result(contents: Contents, trust: TrustPolicy) -> list[str]:
    file, info = f"proof/{STATEMENT_FILE}", contents.told
    try:
        statement = _opened(contents, trust, STATEMENT_FILE, ResultStatement)
    except VerificationError as error:
        return [f"{file}: {error}"]
    problems = _wrong_subject(contents, file, statement.subject[0])
    catalogs = {one.digest["sha256"] for one in statement.predicate.configuration}
    if info is not None and catalogs != {info.catalog_digest}:
        problems.append(f"{file} names another catalogue than bag-info.txt")
    return problems


def _wrong_outcomes(contents: Contents, trust: TrustPolicy) -> list[str]:
    file, info = f"proof/{OUTCOMES_FILE}", contents.told
    try:
        statement = _opened(contents, trust, OUTCOMES_FILE, OutcomesStatement)
    except VerificationError as error:
        return [f"{file}: {error}"]
    problems = _wrong_subject(contents, file, statement.subject[0])
    return problems + (_differences(file, statement.predicate, info) if info is not None else [])


def _wrong_sigstore(contents: Contents) -> list[str]:
    """The Sigstore bundle, if there is one, is the statement's envelope and nothing else, so it needs no verdict."""
    bundle, statement = contents.proofs.get(SIGSTORE_FILE), contents.proofs.get(STATEMENT_FILE)
    try:
        if bundle is None or statement is None or bundle == sigstore_bundle(statement):
            return []
    except ValidationError:
        return []  # the statement's own problem, and said there
    return [f"proof/{SIGSTORE_FILE} is not proof/{STATEMENT_FILE} as a Sigstore bundle"]


def _differences(file: str, said: Outcomes, info: SealedInfo) -> list[str]:
    return [
        f"{file} says {name} {getattr(said, name)!r}, and bag-info.txt {str(getattr(info, name))!r}"
        for name in ("stream", "slot", "status", "environment")
        if getattr(said, name) != getattr(info, name)
    ]


def _wrong_subject(contents: Contents, file: str, subject: Resource) -> list[str]:
    problems = []
    if subject.digest.get("sha256") != contents.digest:
        problems.append(f"{file} is about another tag manifest than this bag's")
    info = contents.told
    if info is not None and subject.name != subject_name(info.slot):
        problems.append(f"{file} is about {subject.name}, not {subject_name(info.slot)}")
    return problems


def _opened(contents: Contents, trust: TrustPolicy, name: str, kind: type[AnyStatement]) -> AnyStatement:
    """A statement whose envelope an allowed signer signed for the time of the slot."""
    if name not in contents.proofs:
        raise VerificationError("it is not there")
    payload, signature = open_envelope(contents.proofs[name])
    signed = pre_authentication_encoding(payload)
    signers = [one for one in trust.signers if verifies(one.key, signature, signed)]
    info = contents.info
    if not signers:
        raise VerificationError(f"no allowed signer in {trust.source} signed it")
    if isinstance(info, str):
        raise VerificationError(f"{info}; nobody can say at what time its key had to be valid")
    why_not = trust.why_not(signers[0].key, info.verified_as_of)
    if why_not is not None:
        raise VerificationError(why_not)
    try:
        return kind.model_validate_json(payload)
    except ValidationError as error:
        raise VerificationError(f"it holds no {kind.__name__}: {error.errors()[0]['msg']}") from error
