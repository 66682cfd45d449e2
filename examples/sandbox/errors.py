"""The one error of the sandbox."""


class SandboxError(Exception):
    """The sandbox could not do what was asked; the message is one line that says why."""
