"""The sandbox's command line: up, run, switch, switches, deploy."""

import argparse
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from examples.sandbox.client import SandboxClient
from examples.sandbox.errors import SandboxError
from examples.sandbox.interruption import Interrupted, interruptible, undisturbed
from examples.sandbox.releases import RELEASES
from examples.sandbox.switches import SWITCHES
from examples.sandbox.system import Sandbox

_FOLDER = Path("var/sandbox")
_GRACE_SECONDS = 30.0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line is enough; `--help` has the rest."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m examples.sandbox", description="A small real system to collect evidence from.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    known = {
        "up": (up, "start the sandbox, say where everything is, and run until Ctrl-C or SIGTERM"),
        "run": (run, "start the sandbox, run the command after --, and stop; exits with the command's code"),
        "switch": (switch, "break the running sandbox in one way, or mend that"),
        "switches": (switches, "list every way to break it"),
        "deploy": (deploy, "replace the running release of the service by another one"),
    }
    added = {}
    for name, (function, text) in known.items():
        added[name] = commands.add_parser(name, help=text, description=text)
        added[name].set_defaults(command=function)
        added[name].add_argument("--folder", type=Path, default=_FOLDER, help="the sandbox's folder (%(default)s)")
    added["up"].add_argument("--env-file", type=Path, help="write the environment there for as long as it runs")
    added["switch"].add_argument("name", metavar="NAME", help="one of: " + ", ".join(SWITCHES))
    added["switch"].add_argument("state", choices=("on", "off"))
    added["deploy"].add_argument("version", metavar="VERSION", help="one of: " + ", ".join(RELEASES))
    return parser


def up(options: argparse.Namespace) -> int:
    """Runs the sandbox until it is asked to end, which is its ordinary end."""
    try:
        with interruptible(), Sandbox(options.folder) as sandbox:
            text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in sandbox.environment.items())
            print(f"{text}The sandbox is running; Ctrl-C stops it.", flush=True)
            _run_until_interrupted(options.env_file, text)
    except Interrupted:
        return 0


def _run_until_interrupted(env_file: Path | None, text: str) -> NoReturn:
    try:
        if env_file is not None:
            env_file.touch(mode=0o600)
            env_file.write_text(text, encoding="utf-8")
        while True:
            signal.pause()
    finally:
        if env_file is not None:
            env_file.unlink(missing_ok=True)


def run(options: argparse.Namespace) -> int:
    """Runs a command with the sandbox's environment; exit codes are those of a shell."""
    if not options.arguments:
        raise SandboxError("nothing to run; write the command after --")
    if shutil.which(options.arguments[0]) is None:
        raise SandboxError(f"{options.arguments[0]}: no such command")
    try:
        with interruptible(), Sandbox(options.folder) as sandbox:
            code = _run(options.arguments, sandbox.environment)
    except Interrupted as interruption:
        return 128 + interruption.signal
    return code if code >= 0 else 128 - code


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    running: subprocess.Popen[bytes] | None = None
    try:
        with undisturbed():
            running = subprocess.Popen(arguments, env={**os.environ, **environment})
        return running.wait()
    except Interrupted as interruption:
        if running is not None:
            _end(running, interruption)
        raise


def _end(running: subprocess.Popen[bytes], interruption: Interrupted) -> None:
    # Ctrl-C reaches the command by itself: the terminal sends it to both.
    if interruption.signal is not signal.SIGINT:
        running.terminate()
    try:
        running.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def switch(options: argparse.Namespace) -> int:
    """Turns one switch of a running sandbox."""
    if options.name not in SWITCHES:
        raise SandboxError(f"{options.name}: no such switch; there are {', '.join(SWITCHES)}")
    SandboxClient(options.folder).turn(options.name, on=options.state == "on")
    return 0


def switches(options: argparse.Namespace) -> int:
    """Lists the switches of a running sandbox and how they stand."""
    for row in SandboxClient(options.folder).switches():
        print(f"{'on ' if row['on'] else 'off'}  {row['name']:<22} {row['sentence']}")
    return 0


def deploy(options: argparse.Namespace) -> int:
    """Deploys a release in a running sandbox."""
    SandboxClient(options.folder).deploy(options.version)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Runs one command; whatever is wrong with it is one line on standard error, and exit code 2."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options = _parser().parse_args(arguments[:cut])
    options.arguments = arguments[cut + 1 :]
    try:
        return int(options.command(options))
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
