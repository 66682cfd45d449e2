"""Approval: a change of what is owed or expected names who stood for it, with another key, or shows that nobody did."""

from datetime import timedelta

import pytest

from checks.errors import SealError
from checks.evidence.auditing import Demands
from checks.evidence.digests import sha256
from checks.evidence.log_records import CatalogApproval
from checks.evidence.sshsig import key_text
from checks.evidence.trust import AllowedSigner, Role
from tasks.sealing.attesting import Attesting
from tasks.sealing.audit import audit_log
from tasks.sealing.catalogs import keep_catalog
from tasks.sealing.changes import approval_for, belief_beside, coming_change
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import FileSigner
from tasks.sealing.trust import allow_key, load_trust
from tasks.sealing.verify import verify_bundle
from tests.checks.evidence.examples import CATALOG
from tests.tasks.sealing.sealed import START, SUITES, Sealing, hour, signer

OTHER = CATALOG.replace(b"api-health", b"api-healthy")
POLICY = (sha256(CATALOG), SUITES)
ANOTHER = (sha256(OTHER), SUITES)


class House:
    """An evidence root in which a collector puts policies in force, and people approve."""

    def __init__(self, folder):
        self.folder = folder
        self.sealing = Sealing.at(folder)
        self.root = self.sealing.root
        self.minutes = 0
        self.sealing.seal(hour(0))

    def at(self):
        """A minute later each time."""
        self.minutes += 1
        return START + timedelta(minutes=self.minutes)

    @property
    def writer(self):
        return RecordWriter(self.root, signer(self.folder))

    def allow(self, name):
        key = signer(self.folder, name)
        allow_key(self.root / "trust", key_text(key.public_key), identity=name, since=START)
        return FileSigner(key._key, name, key.kind)

    def approve(self, person, policy=POLICY):
        asked = approval_for(self.root, policy, by=person.identity, at=self.at(), reason="looked at it")
        return Attesting(self.root, self.writer, person).approve(asked)

    def put_in_force(self, policy=POLICY):
        change = coming_change(self.root, policy, by="collector", at=self.at())
        return change and self.writer.append(change)

    def changes(self):
        return [(one.approved_by, one.afterwards is not None, one.problem) for one in self.belief.log.changes]

    @property
    def belief(self):
        return belief_beside(self.root)

    def audit(self, **demands):
        trust = load_trust(self.root / "trust", beside_evidence=False)
        return audit_log(self.root, trust, as_of=hour(1).at, demands=Demands(**demands))

    def note(self):
        """What step 11 says of the newest hour."""
        trust = load_trust(self.root / "trust", beside_evidence=False)
        return verify_bundle(self.sealing.seal(hour(1)).path, trust).steps[10]


@pytest.fixture
def house(tmp_path):
    keep_catalog(tmp_path / "evidence", CATALOG)
    keep_catalog(tmp_path / "evidence", OTHER)
    return House(tmp_path)


def test_a_change_that_somebody_approved_beforehand_names_them_and_their_record(house):
    record = house.approve(house.allow("ada"))
    house.put_in_force()
    (change,) = house.belief.log.changes
    assert (change.approved_by, change.afterwards, change.problem) == ("ada", None, None)
    assert change.change.approval == sha256(record.read_bytes())
    assert house.note().note.endswith("approved by ada")
    assert not any("approved" in one for one in house.audit(approved=True).problems)


def test_a_change_that_nobody_approved_is_shown_wherever_somebody_looks(house):
    house.allow("ada")
    house.put_in_force()
    assert house.changes() == [(None, False, None)]
    assert house.note().note.endswith("approved by nobody")
    told = f"catalogue sha256:{POLICY[0][:16]} since leaf 1, 2026-11-22T14:01:00Z: approved by nobody"
    assert told in house.audit().remarks
    assert told in house.audit(approved=True).problems
    assert not house.audit(approved=True).clean


def test_an_approval_that_came_later_says_so(house):
    ada = house.allow("ada")
    house.put_in_force()
    house.approve(ada)
    assert house.changes() == [("ada", True, None)]
    assert house.note().note.endswith("approved by ada afterwards, at 2026-11-22T14:02:00Z")
    assert any("afterwards" in one for one in house.audit(approved=True).problems)


def test_an_approval_is_of_one_change_and_is_used_once(house):
    ada = house.allow("ada")
    house.approve(ada)
    house.put_in_force()
    house.put_in_force(ANOTHER)
    house.put_in_force()
    assert house.changes() == [("ada", False, None), (None, False, None), (None, False, None)]


def test_an_approval_of_another_policy_is_none(house):
    house.approve(house.allow("ada"), ANOTHER)
    house.put_in_force()
    assert house.changes() == [(None, False, None)]


def test_what_is_approved_is_not_approved_again(house):
    ada = house.allow("ada")
    house.approve(ada)
    house.put_in_force()
    with pytest.raises(SealError, match="approved by ada; there is nothing to approve"):
        house.approve(ada)


def test_the_collector_and_strangers_approve_nothing(house):
    house.put_in_force()
    collector = signer(house.folder)
    with pytest.raises(SealError, match="is no allowed signer with this key"):
        house.approve(collector)
    stranger = signer(house.folder, "stranger")
    with pytest.raises(SealError, match="readiness key allow"):
        house.approve(FileSigner(stranger._key, "stranger", stranger.kind))
    assert house.changes() == [(None, False, None)]


def both_roles(house):
    """A trust folder whose owner lists the collector's key as a person's too."""
    key = signer(house.folder)
    line = AllowedSigner("collector", key.public_key, START, roles=frozenset(Role)).line()
    (house.root / "trust" / "allowed_signers").write_text(line)
    return key


def test_the_key_that_signs_the_change_does_not_approve_it_in_another_role(house):
    key = both_roles(house)
    with pytest.raises(SealError, match="seals bundles too; approve with another key"):
        house.approve(key)
    asked = approval_for(house.root, POLICY, by="collector", at=house.at(), reason="trust me")
    house.writer.append(asked, signers=(key,))
    house.put_in_force()
    (change,) = house.belief.log.changes
    assert (change.approved_by, change.problem) == (
        None,
        "leaf 2 says that collector approved the change, and no such approval counts",
    )


@pytest.mark.parametrize("named", [{"approved_by": "ada"}, {"approved_by": "ada", "approval": "0" * 64}])
def test_a_change_that_claims_an_approval_that_is_not_there_does_not_verify(house, named):
    house.allow("ada")
    change = coming_change(house.root, POLICY, by="collector", at=house.at())
    house.writer.append(change.model_copy(update=named))
    told = "leaf 1 says that ada approved the change, and no such approval counts"
    assert house.note().problems == (told,)
    assert told in house.audit().problems


def test_an_approval_that_another_signed_in_ada_s_name_does_not_count(house):
    house.allow("ada")
    bob = house.allow("bob")
    asked = approval_for(house.root, POLICY, by="ada", at=house.at(), reason="trust me")
    house.writer.append(asked, signers=(bob,))
    house.put_in_force()
    assert house.changes() == [(None, False, None)]
    assert any("it speaks for ada, who did not sign it" in one for one in house.audit().problems)


def test_an_approval_that_was_taken_out_of_the_records_does_not_go_unseen(house):
    record = house.approve(house.allow("ada"))
    house.put_in_force()
    record.unlink()
    assert house.changes()[0][0] is None
    assert house.note().problems == ("leaf 2 says that ada approved the change, and no such approval counts",)


def test_an_approval_says_why():
    with pytest.raises(ValueError, match="at least 1 character"):
        CatalogApproval(
            at=START, by="ada", before=None, after=POLICY[0], suites_before=None, suites_after=SUITES, reason=""
        )
