"""The SSH agent as a signer: the private key stays where the agent keeps it, and only signatures come out."""

import socket
import struct
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checks.errors import SealError
from checks.evidence.bag_info import KeyKind
from checks.evidence.sshsig import fingerprint, key_blob, split_strings, strings, verifies

_REQUEST, _RESPONSE = 13, 14  # SSH_AGENTC_SIGN_REQUEST, SSH_AGENT_SIGN_RESPONSE
_NO_FLAGS = struct.pack(">I", 0)
_LENGTH = struct.Struct(">I")
_MOST = 4096  # bytes of an answer; a signature has some 90
_PATIENCE = 60.0  # seconds: the agent may ask its owner first (`ssh-add -c`)


class AgentSigner:
    """Signs with a key that an SSH agent holds (draft-ietf-sshm-ssh-agent, section 3.6): OpenSSH's, one of a hardware
    key's (PKCS #11), or whatever speaks the protocol in front of a vault.

    What it hands back is checked at once. A `SealError` says why it did not sign.
    """

    kind = KeyKind.CONFIGURED

    def __init__(self, agent: Path, key: Ed25519PublicKey, identity: str) -> None:
        self._agent = agent
        self.identity = identity
        self.public_key = key

    def sign(self, data: bytes) -> bytes:
        answer = self._ask(bytes([_REQUEST]) + strings(key_blob(self.public_key), data) + _NO_FLAGS)
        if answer[:1] != bytes([_RESPONSE]):
            raise SealError(
                f"the agent at {self._agent} does not sign with {fingerprint(self.public_key)}; unlock it, or give it"
                " the key with `ssh-add`"
            )
        try:
            (found,) = split_strings(answer[1:], 1)
            kind, signature = split_strings(found, 2)
            good = kind == b"ssh-ed25519" and verifies(self.public_key, signature, data)
        except (struct.error, ValueError):
            good = False
        if not good:
            raise SealError(f"the agent at {self._agent} returned no signature by {fingerprint(self.public_key)}")
        return signature

    def _ask(self, request: bytes) -> bytes:
        """One question and its answer, without their lengths."""
        try:
            with socket.socket(socket.AF_UNIX) as channel:
                channel.settimeout(_PATIENCE)
                channel.connect(str(self._agent))
                channel.sendall(_LENGTH.pack(len(request)) + request)
                (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
                return _exactly(channel, min(length, _MOST))
        except (OSError, EOFError) as error:
            raise SealError(
                f"the agent at {self._agent} cannot be asked: {error or 'it hung up'}; is $SSH_AUTH_SOCK right?"
            ) from error


def _exactly(channel: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = channel.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data
