"""Tells through Apprise: a process that is killed when its time is over. Accepted is all that it can show."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress

from checks.telling.deliveries import Delivery, Failure, failed
from checks.telling.round import Message
from tasks.notify.sinks import AppriseAccess
from tasks.notify.speaker import Speaker

_PROGRAM = (sys.executable, "-I", "-m", "tasks.notify.apprise_program")
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


async def tell(message: Message, access: AppriseAccess, speaker: Speaker) -> Delivery:
    """Tells a message. Apprise answers yes, no, or nothing at all where no service has the tag."""
    words = speaker.words(message)
    asked = {"url": access.url, "tag": access.tag, "title": words.title, "body": words.body, "bad": words.bad}
    said = await _answer(json.dumps(asked).encode(), _environment(speaker.variables))
    match said:
        case {"added": False}:
            return failed(Failure.NO_ADDRESS)
        case {"barred": str(because)}:
            return failed(Failure.NO_ANSWER, because)
        case {"said": True}:
            return Delivery(accepted=True)
        case {"said": None}:
            return failed(Failure.NO_TAG_MATCHED)
        case {"said": False}:
            return failed(Failure.REFUSED)
        case _:
            return failed(Failure.BROKE, "Apprise gave no answer")


async def _answer(asked: bytes, environment: Mapping[str, str]) -> object:
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    program = await asyncio.create_subprocess_exec(
        *_PROGRAM, stdin=pipe, stdout=pipe, stderr=nowhere, env=dict(environment), start_new_session=True
    )
    try:
        said, _ = await program.communicate(asked)
    finally:
        if program.returncode is None:  # its time is over, or somebody ended us
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            await program.wait()
    try:
        return json.loads(said)
    except ValueError:
        return None


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """What a service may need to be reached, and none of our secrets."""
    names = (*_PASSED_ON, *_PROXIES, *(name.lower() for name in _PROXIES))
    return {name: variables[name] for name in names if name in variables}
