"""The switches: each breaks the sandbox in one way that a check must notice, and mends it again."""

import threading

from examples.sandbox import data_switches as data
from examples.sandbox import monitoring_switches as monitoring
from examples.sandbox import service_switches as service
from examples.sandbox import team_switches as team
from examples.sandbox.errors import SandboxError
from examples.sandbox.releases import NEWEST
from examples.sandbox.switch import Parts, Switch

SWITCHES: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        service.Down(),
        service.Slow(),
        service.FailingBody(),
        data.StaleReport(),
        data.FutureReport(),
        service.TruncatedMetrics(),
        data.MissingLedgerRows(),
        data.ChangedShadowRows(),
        data.TruncatedBackup(),
        data.WrongDatabaseBackup(),
        data.EmptyBackup(),
        team.BrokenLink(),
        team.OldReview(),
        team.FailingTest(),
        team.OldBuild(),
        team.VulnerablePackage(),
        team.EmptyAudit(),
        team.DriftedBill(),
        team.OldSecret(),
        team.ExposedSecret(),
        team.DriftedConfiguration(),
        team.OpenSocket(),
        team.ForgedNotes(),
        team.UntaggedRelease(),
        service.MissingHeaders(),
        service.OpenDoors(),
        service.DoubleTrigger(),
        service.MixedContent(),
        service.Unlimited(),
        data.MissingConstraint(),
        data.ForgottenUsage(),
        data.LeakyLog(),
        data.TamperedEvent(),
        data.ForgetfulCache(),
        team.MovingTag(),
        team.BorrowedHealth(),
        *monitoring.SWITCHES,
    )
}


class Switchboard:
    """Which switches are on. One hand at a time: whoever comes second waits."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._on: set[str] = set()
        self._lock = threading.RLock()

    def states(self) -> dict[str, bool]:
        """Every switch by name, and whether it is on."""
        with self._lock:
            return {name: name in self._on for name in SWITCHES}

    def turn(self, name: str, *, on: bool) -> None:
        """Turns one switch; turning it to where it stands already changes nothing."""
        if name not in SWITCHES:
            raise SandboxError(f"{name}: no such switch; there are {', '.join(SWITCHES)}")
        with self._lock:
            if on == (name in self._on):
                return
            if on:
                self._refuse_a_second(SWITCHES[name])
                self._on.add(name)
                SWITCHES[name].on(self._parts)
            else:
                SWITCHES[name].off(self._parts)
                self._on.discard(name)

    def deploy(self, version: str) -> None:
        """Deploys a release; refused while the service has to be down."""
        with self._lock:
            if service.Down.name in self._on:
                raise SandboxError(f"{version}: cannot be deployed while the switch {service.Down.name} is on")
            self._parts.deployment.deploy(version)

    def start(self) -> None:
        """Starts the service where somebody ended it; refused while it has to be down."""
        with self._lock:
            if service.Down.name in self._on:
                raise SandboxError(f"the service cannot be started while the switch {service.Down.name} is on")
            self._parts.deployment.resume()

    def mend(self) -> None:
        """Restores the good state: every switch off, the newest release deployed."""
        with self._lock:
            for name in sorted(self._on):
                self.turn(name, on=False)
            if self._parts.deployment.release != NEWEST:
                self._parts.deployment.deploy(NEWEST)

    def _refuse_a_second(self, switch: Switch) -> None:
        for name in self._on:
            if SWITCHES[name].breaks == switch.breaks:
                raise SandboxError(f"{switch.name}: {name} is on and breaks the same thing; turn it off first")
