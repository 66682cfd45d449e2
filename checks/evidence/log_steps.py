"""Steps 8 to 10 of verification: the bundle's place in the evidence log, and who else has seen that log, and when."""

from functools import lru_cache

from checks.errors import VerificationError
from checks.evidence.bag import TAG_MANIFEST
from checks.evidence.contents import Contents
from checks.evidence.notes import NoteKey
from checks.evidence.timestamps import STAMP_FILE, stamped_at
from checks.evidence.tlog_proof import PROOF_FILE, LogProof
from checks.evidence.trust import Role, TrustPolicy
from checks.evidence.verification import Step, StepState, open_step, step
from checks.records import rfc3339
from checks.slots import CLOCK_TOLERANCE, Slot

_FILE = f"proof/{PROOF_FILE}"


@lru_cache(maxsize=64)  # three steps read the same proof
def _proof(data: bytes) -> LogProof:
    return LogProof.parse(data)


def place_in_log(contents: Contents, trust: TrustPolicy) -> Step:
    """Step 8: the proof leads from this tag manifest, at the index the bag states, to a checkpoint the log signed."""
    info = contents.told
    if PROOF_FILE not in contents.proofs:
        if info is not None and info.log_index is not None:
            return step(8, [f"{_FILE} is not there, and the bag says that it is leaf {info.log_index} of the log"])
        return open_step(8, StepState.NOT_PRESENT, f"there is no {_FILE}")
    if not trust.logs:
        return open_step(8, StepState.NOT_CHECKED, "the trust folder has no log.vkey; get it from the log's owner")
    try:
        proof = _proof(contents.proofs[PROOF_FILE])
        return step(8, _misplaced(contents, proof, trust), note=f"leaf {proof.index} of {proof.checkpoint.origin}")
    except VerificationError as error:
        return step(8, [f"{_FILE}: {error}"])


def witnessed(contents: Contents, trust: TrustPolicy) -> Step:
    """Step 9: a witness that the reader trusts has cosigned the checkpoint."""
    try:
        note = _proof(contents.proofs[PROOF_FILE]).note
        signed = note.signed_by(trust.witnesses)
        strangers = {one.name for one in note.signatures} - {key.name for key in (*trust.logs, *trust.witnesses)}
    except KeyError:
        return open_step(9, StepState.NOT_PRESENT, f"there is no {_FILE}")
    except VerificationError as error:
        return step(9, [f"{_FILE}: {error}"])
    if signed:
        return step(9, [], note=", ".join(f"{key.name} at {rfc3339(at)}" for key, at in signed))
    if strangers:
        named = ", ".join(sorted(strangers))
        return open_step(9, StepState.NOT_CHECKED, f"cosigned by {named}, whom the trust folder's witness.vkey lacks")
    return open_step(9, StepState.NOT_PRESENT, "no witness has cosigned the checkpoint")


def stamped(contents: Contents, trust: TrustPolicy) -> Step:
    """Step 10: an authority that the reader trusts saw the checkpoint, and not before the slot had begun."""
    file = f"proof/{STAMP_FILE}"
    if STAMP_FILE not in contents.proofs:
        return open_step(10, StepState.NOT_PRESENT, f"there is no {file}")
    if not trust.authorities:
        return open_step(10, StepState.NOT_CHECKED, "the trust folder has no tsa-root.pem")
    try:
        note = _proof(contents.proofs[PROOF_FILE]).note
        at = stamped_at(contents.proofs[STAMP_FILE], note.data, trust.authorities)
    except KeyError:
        return step(10, [f"there is no {_FILE}, whose checkpoint {file} is to be of"])
    except VerificationError as error:
        return step(10, [f"{file}: {error}"])
    info = contents.told
    if info is not None and at < Slot.parse_label(info.slot).at - CLOCK_TOLERANCE:
        return step(10, [f"{file} is of {rfc3339(at)}, before {info.slot} had begun: a clock was wrong, or set back"])
    return step(10, [], note=f"seen by a trusted authority at {rfc3339(at)}")


def _misplaced(contents: Contents, proof: LogProof, trust: TrustPolicy) -> list[str]:
    """All that is wrong with a proof."""
    info, tag_manifest = contents.told, contents.tags.get(TAG_MANIFEST)
    problems = []
    if tag_manifest is None:
        problems.append(f"{TAG_MANIFEST} is not there, so {_FILE} proves nothing")
    elif not proof.covers(tag_manifest):
        problems.append(f"{_FILE} does not lead from this {TAG_MANIFEST} to the root of its checkpoint")
    if info is not None and info.log_index != proof.index:
        problems.append(f"{_FILE} is of leaf {proof.index}, and the bag says Evidence-Log-Index {info.log_index}")
    return problems + _unsigned(contents, proof, trust)


def _unsigned(contents: Contents, proof: LogProof, trust: TrustPolicy) -> list[str]:
    origin = proof.checkpoint.origin
    keys: list[NoteKey] = [key for key in trust.logs if key.name == origin]
    if not keys:
        return [f"{_FILE} is of the log {origin}, which is not the one that the trust folder names"]
    signed = proof.note.signed_by(keys)
    if not signed:
        return [f"{_FILE}: no trusted key of the log {origin} signed the checkpoint"]
    misused = [told for key, _ in signed if (told := trust.misused(key.key, Role.CHECKPOINTS)) is not None]
    if misused:
        return [f"{_FILE}: {told}" for told in misused]
    info = contents.told
    if info is not None and all(trust.is_over(key.key, info.verified_as_of, Role.CHECKPOINTS) for key, _ in signed):
        return [f"{_FILE}: the key that signed the checkpoint was good no more before {info.slot} was over"]
    return []
