"""Why there was no complete answer, in words that an operator reads without knowing the library."""

import errno
import socket
import ssl

import h11

NO_PORT = "no port or address of this machine is free to connect from"
"""What has nothing to do with whoever was asked: every port towards that address is taken, or there is no way out."""


class Refused(Exception):  # noqa: N818 (it says what is done with the answer)
    """We broke an exchange off ourselves; the message is what is said of it."""


class TooLarge(Refused):
    """The body went over the limit of its source, in bytes; only its beginning is kept, since nothing is read in it."""

    KEPT = 65_536

    def __init__(self, limit: int) -> None:
        kept = f"; the first {self.KEPT} of them are kept" if limit > self.KEPT else ""
        super().__init__(f"its body is larger than {limit} bytes{kept}")


class Barred(Refused):
    """A link-local or metadata address that the source may not be at."""

    def __init__(self, address: str) -> None:
        super().__init__(f"it leads to {address}, a link-local or metadata address, which its source does not allow")


class Doubtful(Refused):
    """An answer that two readers could read as two."""

    def __init__(self, because: str) -> None:
        super().__init__(f"its answer is no valid HTTP: {because}")


class Closed(Exception):  # noqa: N818 (it says what became of the connection)
    """The other side closed the connection before it had answered."""


class BrokenOff(Exception):  # noqa: N818 (as above)
    """A connection that was made broke; its cause says how."""


def said_of(error: Exception, host: str, timeout: float, phase: str) -> str:
    """A sentence on an exchange that failed; `phase` is what had not happened yet."""
    causes = _causes(error)
    for cause in causes:
        match cause:
            case Refused():
                return str(cause)
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted: {cause.verify_message}"
            case ssl.SSLError():
                return f"TLS failed: {cause.reason or cause}"
            case OSError() if cause.errno == errno.EADDRNOTAVAIL:
                return NO_PORT
            case socket.gaierror():
                return f"the name {host} cannot be resolved"
            case ConnectionRefusedError():
                return "the connection was refused"
            case ConnectionResetError():
                return f"the connection was reset before {phase}"
            case TimeoutError():
                return f"{timeout:g} s passed before {phase}"
    return _of_protocol(error, causes[-1], phase)


def _of_protocol(error: Exception, cause: BaseException, phase: str) -> str:
    match error:
        case h11.RemoteProtocolError() if "Receive buffer too long" in str(error):
            return "its headers are too large"
        case h11.RemoteProtocolError() if "closed" in str(error):
            return f"the connection was closed before {phase}"
        case Closed():
            return f"the connection was closed before {phase}"
        case h11.ProtocolError():
            return f"its answer is no valid HTTP: {error}"
        case BrokenOff():
            return f"the connection broke before {phase}"
    return f"no connection: {cause}"


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what led to it, outermost first; the members of a group after the group."""
    found: list[BaseException] = []
    queue: list[BaseException] = [error]
    while queue:
        each = queue.pop(0)
        if each in found:
            continue
        found.append(each)
        queue += [*getattr(each, "exceptions", ()), *filter(None, (each.__cause__, each.__context__))]
    return found
