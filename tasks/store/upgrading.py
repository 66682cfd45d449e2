"""Brings a store to the present version when it is opened, one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import URL, Connection, Engine, text, update

from checks.errors import StoreError
from tasks.store.database import file_of, place_of, writing
from tasks.store.schema import bundles

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_SECONDS = 120
_ADVISORY_LOCK = 0x5EA1ED  # any number, as long as every version of the product uses the same one


def bring_up_to_date(engine: Engine, url: URL) -> None:
    """Migrates the store unless it is current; refuses one that a newer version wrote, or that cannot be written."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.connect() as connection:
        current = _is_current(connection, config, url)
    if not current:
        with _alone(url):
            _migrate(engine, url, config)
    _require_writable(engine)


def require_current(engine: Engine, url: URL) -> None:
    """Refuses a store of another version, since whoever only reads cannot bring it up to date."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with engine.connect() as connection:
        if not _is_current(connection, config, url):
            raise StoreError(
                f"{place_of(url)}: an older Readiness Evidence wrote it; the next run brings it up to date"
            )


def _is_current(connection: Connection, config: Config, url: URL) -> bool:
    version = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    if version is not None and version not in known:
        raise StoreError(
            f"{place_of(url)}: a newer Readiness Evidence wrote it (schema {version}, this one knows "
            f"{scripts.get_current_head()}); run that version, or open another store"
        )
    return version == scripts.get_current_head()


def _migrate(engine: Engine, url: URL, config: Config) -> None:
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
        if not _is_current(connection, config, url):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    if engine.dialect.name == "sqlite":
        _keep_readers_and_writers_apart(engine)


def _keep_readers_and_writers_apart(engine: Engine) -> None:
    """Switches SQLite to its write-ahead log, which stays with the file; outside of any transaction, as it demands."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


@contextmanager
def _alone(url: URL) -> Iterator[None]:
    """Keeps a second process out while SQLite's file is made; PostgreSQL has a lock of its own for that."""
    path = file_of(url)
    if path is None:
        yield
        return
    try:
        with FileLock(f"{path}.lock", timeout=_LOCK_SECONDS, mode=0o600):
            yield
    except Timeout as error:
        raise StoreError(
            f"{place_of(url)}: another process holds {path}.lock; let it finish, then try again"
        ) from error


def _require_writable(engine: Engine) -> None:
    """Asks for an update of nothing: a read-only file, server or user refuses it now, and not after an hour's work."""
    with writing(engine).begin() as connection:
        connection.execute(update(bundles).where(bundles.c.slot.is_(None)).values(staging=""))
