"""Settings: the only place that reads and sets the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from checks.errors import StoreError

_QUIET = {
    # GX and Prefect would otherwise report their use to their makers.
    "GX_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # A new home migrates its database first, which takes longer than Prefect's own default allows.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}

_SERVED = {
    # Leases that only a process remembers are never given back once it is gone, and then their deployment never runs.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    # A worker asks every 15 seconds, and is not late before it has asked.
    "PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "120",
    # Runs older than 90 days go, not only events; evidence has a retention of its own.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
}


class Settings(BaseSettings):
    """Where things live; each can be set as an environment variable, `READINESS_HOME` and so on."""

    model_config = SettingsConfigDict(env_prefix="READINESS_", frozen=True, extra="ignore")

    catalog: Path = Path("readiness.yaml")
    home: Path = Path("var")
    pages: Path | None = Field(default=None, description="folder of the newest pages; `reports` in `home` by default")
    store: str = Field(default="", repr=False, description="URL of the evidence store; SQLite in `home` by default")
    key: Path | None = Field(default=None, description="signing key; a development key in `home` by default")
    log_key: Path | None = Field(default=None, description="key that signs the log; the signing key by default")
    agent: Path | None = Field(
        default=None, validation_alias="SSH_AUTH_SOCK", description="agent that holds the keys named by public ones"
    )
    identity: str = "readiness-evidence"
    task_runner: str = Field(default="threads", description="who compares key ranges: threads, dask or dask:tcp://…")
    witness: str = Field(default="", description="address of a witness that cosigns the evidence log")
    timestamps: str = Field(default="", description="address of a timestamping authority (RFC 3161)")
    archive: str = Field(
        default="", description="bucket with Object Lock, s3://bucket/folder, that bundles are copied to"
    )

    @classmethod
    def of(cls, catalog: Path | None) -> "Settings":
        """The settings, with another catalogue if one is named."""
        return cls() if catalog is None else cls(catalog=catalog)

    def check_folders(self) -> None:
        """Makes the folders that a run writes, or says which one cannot be written."""
        for folder in (self.evidence, self.reports):
            try:
                folder.mkdir(parents=True, exist_ok=True)
                probe = folder / ".writable"
                probe.touch()
                probe.unlink()
            except OSError as error:
                raise StoreError(
                    f"{folder} cannot be written: {error.strerror}; make it writable or set READINESS_HOME"
                ) from error

    @property
    def evidence(self) -> Path:
        """The evidence tree that auditors read."""
        return self.home / "evidence"

    @property
    def reports(self) -> Path:
        """The newest pages, rewritten by each run."""
        return self.pages or self.home / "reports"

    @property
    def keys(self) -> Path:
        """Where the development key is kept; never within the evidence."""
        return self.home / "keys"

    @property
    def drills(self) -> Path:
        """Where a drill leaves word of what it has changed, until that is undone."""
        return self.home / "drills"

    @property
    def deploys(self) -> Path:
        """The deploy ledger, to which people and pipelines append."""
        return self.home / "deploys.jsonl"

    @property
    def store_url(self) -> str:
        return self.store or f"sqlite:///{self.home / 'readiness.db'}"

    @property
    def store_shown(self) -> str:
        """Where the store is, for people; never with credentials."""
        return "the database that READINESS_STORE names" if self.store else str(self.home / "readiness.db")


def keep_private() -> None:
    """Whatever this process and its programs write from now on is its owner's alone: files 0600, folders 0700."""
    os.umask(0o077)


def environment() -> Mapping[str, str]:
    """The process's environment, from which references in a catalogue are filled."""
    return os.environ


def prepare_process(*, home: Path | None = None) -> None:
    """Keeps libraries from reporting home; called before Prefect or Great Expectations are imported.

    Without a Prefect server of one's own, the temporary one keeps its database in `home` and logs only warnings.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if home is not None and not os.environ.get("PREFECT_API_URL"):
        os.environ.setdefault("PREFECT_HOME", str((home / "prefect").absolute()))
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")


def prepare_serving(settings: Settings, api: str) -> None:
    """Makes this process, and all that it starts, one with a Prefect server of its own, kept in `home`.

    Flows find the same settings, wherever they run; called before Prefect is imported.
    """
    os.environ.update(
        PREFECT_API_URL=api,
        PREFECT_HOME=str((settings.home / "server").absolute()),
        READINESS_HOME=str(settings.home.absolute()),
        READINESS_CATALOG=str(settings.catalog.absolute()),
        PWD=str(Path.cwd()),
    )
    for name, value in _SERVED.items():
        os.environ.setdefault(name, value)
