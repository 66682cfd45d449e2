"""Statements in their envelopes, checked with securesystemslib too."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError as NotVerified
from securesystemslib.signer import SSlibKey

from checks.errors import VerificationError
from checks.evidence.digests import sha256
from checks.evidence.dsse import envelope, open_envelope, pre_authentication_encoding
from checks.evidence.sshsig import fingerprint
from checks.evidence.statement import OUTCOMES_FILE, STATEMENT_FILE, overall_result, statements
from checks.evidence.verdicts import Verdicts, read_verdicts
from checks.outcome import Outcome
from tests.checks.evidence.examples import SLOT, finding
from tests.checks.evidence.test_bag import INFO

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SUBJECT = sha256(b"tag manifest")


def verdicts(*outcomes):
    found = tuple(finding(outcome) for outcome in outcomes)
    return Verdicts(stream=INFO.stream, slot=SLOT.at, environment="production", version="1.4.2", findings=found)


def sealed(payload):
    signature = KEY.sign(pre_authentication_encoding(payload))
    return envelope(payload, keyid=fingerprint(KEY.public_key()), signature=signature)


def test_both_statements_name_the_tag_manifest():
    made = statements(SUBJECT, INFO, verdicts(Outcome.PASS))
    for name in (STATEMENT_FILE, OUTCOMES_FILE):
        statement = json.loads(made[name])
        assert statement["_type"] == "https://in-toto.io/Statement/v1"
        assert statement["subject"][0]["digest"] == {"sha256": SUBJECT}
        assert statement["subject"][0]["name"] == "2026-11-22T1400Z.hourly/bag/tagmanifest-sha256.txt"


def test_our_own_predicate_counts_all_ten_outcomes():
    predicate = json.loads(
        statements(SUBJECT, INFO, verdicts(Outcome.PASS, Outcome.PASS, Outcome.STALE))[OUTCOMES_FILE]
    )
    assert predicate["predicate"]["findings"] == dict.fromkeys(Outcome, 0) | {"PASS": 2, "STALE": 1}


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.PASS, Outcome.WAIVED}))
def test_anything_but_a_pass_or_a_waiver_is_failed(outcome):
    assert overall_result(verdicts(Outcome.PASS, Outcome.WAIVED, outcome).counts) == "FAILED"


def test_a_waiver_is_a_warning_and_nothing_at_all_has_failed():
    assert overall_result(verdicts(Outcome.PASS).counts) == "PASSED"
    assert overall_result(verdicts(Outcome.PASS, Outcome.WAIVED).counts) == "WARNED"
    assert overall_result(verdicts().counts) == "FAILED"


def test_securesystemslib_verifies_the_envelope():
    key = SSlibKey.from_crypto(KEY.public_key(), keyid=fingerprint(KEY.public_key()))
    for payload in statements(SUBJECT, INFO, verdicts(Outcome.PASS)).values():
        theirs = Envelope.from_dict(json.loads(sealed(payload)))
        assert theirs.pae() == pre_authentication_encoding(payload)
        assert theirs.verify([key], 1)
        theirs.payload += b" "
        with pytest.raises(NotVerified):
            theirs.verify([key], 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"{", b"{ ", 1),
        lambda data: data + b"\n",
        lambda data: data.replace(b"==", b"="),
        lambda data: data.replace(b"vnd.in-toto+json", b"json"),
        lambda data: data.replace(b'"keyid"', b'"extra":1,"keyid"'),
        lambda data: data.replace(b'"payload":"', b'"payload":"!'),
        lambda data: b"[]",
        lambda data: b"",
    ],
)
def test_an_envelope_that_is_not_the_one_that_was_written_is_refused(change):
    good = sealed(b"{}")
    assert open_envelope(good)[0] == b"{}"
    assert change(good) != good
    with pytest.raises(VerificationError):
        open_envelope(change(good))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"PASS"', b'"FINE"'),
        lambda data: data.replace(b'"stream"', b'"river"'),
        lambda data: data.replace(b'"slot"', b'"extra": 1, "slot"'),
        lambda data: data[:-5],
        lambda data: b"[]",
    ],
)
def test_verdicts_with_a_word_nobody_knows_are_refused(change):
    good = verdicts(Outcome.PASS).model_dump_json().encode()
    assert read_verdicts(good).counts[Outcome.PASS] == 1
    with pytest.raises(VerificationError):
        read_verdicts(change(good))
