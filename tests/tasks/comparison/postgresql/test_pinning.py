"""PostgreSQL's clients are told the very addresses that were looked at, and none that is link-local or metadata."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tasks.comparison.errors import ConnectionLostError
from tasks.comparison.postgres.pinning import pinned
from tasks.comparison.postgres.session import Session
from tests.resolving import leading

METADATA = "fd00:ec2::254"


@pytest.fixture(autouse=True)
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of this test; libpq, which asks for itself, finds none of them."""
    return leading(
        monkeypatch, one=("10.0.0.1",), twice=("127.0.0.1", "::1"), metadata=("127.0.0.1", METADATA), nowhere=()
    )


@pytest.mark.parametrize(
    ("address", "host", "hostaddr", "port"),
    [
        ("postgresql://one/ledger", "one", "10.0.0.1", None),
        ("postgresql://twice:5433/ledger", "twice,twice", "127.0.0.1,::1", "5433,5433"),
        ("postgresql://one:1,twice:2/ledger", "one,twice,twice", "10.0.0.1,127.0.0.1,::1", "1,2,2"),
        ("postgresql://10.0.0.9/ledger", "10.0.0.9", "10.0.0.9", None),
        ("host=elsewhere hostaddr=10.0.0.9", "elsewhere", "10.0.0.9", None),
        ("host=/run/postgresql", "/run/postgresql", None, None),
        ("host=/run/postgresql,one port=1,2", "/run/postgresql,one", ",10.0.0.1", "1,2"),
        ("host=nowhere,one", "one", "10.0.0.1", None),
        ("dbname=ledger", None, None, None),
        ("host=one,twice hostaddr=10.0.0.1", "one,twice", "10.0.0.1", None),
    ],
)
def test_every_host_has_the_addresses_that_its_name_leads_to(
    address: str, host: str | None, hostaddr: str | None, port: str | None
):
    told = pinned(conninfo_to_dict(address))
    assert (told.get("host"), told.get("hostaddr"), told.get("port")) == (host, hostaddr, port)
    assert told.get("dbname") == conninfo_to_dict(address).get("dbname")


@pytest.mark.parametrize(
    "address", ["host=metadata", f"host=one hostaddr={METADATA}", "host=169.254.169.254", "host=one,metadata"]
)
def test_a_host_that_leads_to_metadata_is_refused(address: str):
    with pytest.raises(psycopg.OperationalError, match="a link-local or metadata address, which is not asked"):
        pinned(conninfo_to_dict(address))


def test_a_name_that_nobody_knows_is_told():
    with pytest.raises(psycopg.OperationalError, match="the name cannot be resolved: nowhere: Name or service"):
        pinned({"host": "nowhere"})


def test_a_session_goes_where_was_looked_and_asks_no_name_server_again(server: str, looked_up: list[str]):
    address = psycopg.conninfo.make_conninfo(server, host="twice")
    with Session(address, "ledger") as session:
        assert session.one("select 1") == (1,)
    assert looked_up == ["twice"]


def test_a_session_is_not_begun_at_a_metadata_address():
    with pytest.raises(ConnectionLostError, match=f"ledger: metadata: it leads to {METADATA}"):
        Session("postgresql://me:secret@metadata/ledger", "ledger")
