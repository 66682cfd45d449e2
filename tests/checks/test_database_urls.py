"""A database's URL falls into the parts that were meant, or into none."""

import re

import pytest

from checks.database_urls import UNREADABLE, DatabaseUrl, misread

SECRET = "mysql://app:12{}et-pass@db.test:3306/x"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://app:p%40s%2Fs@DB.test:3306/x#t", ("app", "p@s/s", "db.test:3306", (("DB.test", 3306),), "/x")),
        ("postgresql://app@[::1]:5/x?a=b", ("app", None, "[::1]:5", (("::1", 5),), "/x")),
        ("postgresql://a:b:[c@one,two:5433/", ("a", "b:[c", "one,two:5433", (("one", None), ("two", 5433)), "/")),
        ("postgresql+psycopg:///x?host=/var/run", (None, None, "", (("", None),), "/x")),
        ("postgresql://%2Frun:5432/x", (None, None, "%2frun:5432", (("%2Frun", 5432),), "/x")),
    ],
)  # fmt: skip
def test_the_parts_of_a_url(url: str, told: tuple[object, ...]):
    read = DatabaseUrl.read(url)
    assert (read.user, read.password, read.place, read.hosts, read.path) == told
    assert not misread(url)


@pytest.mark.parametrize(
    "url",
    [
        *(SECRET.format(sign) for sign in "/#?@"),
        *("mysql://h:port/x", "mysql://h:99999/x", "mysql://h:123456/x", "mysql://[::1/x", "mysql://a]b/x"),
        *("postgresql://h/x?user=a@b", "postgresql://h/x#t@u", "mysql://h:1:2/x", "mysql:// :x/"),
    ],
)
def test_what_does_not_fit_together_is_refused_and_not_quoted(url: str):
    assert misread(url)
    with pytest.raises(ValueError, match=f"^{re.escape(UNREADABLE)}$"):
        DatabaseUrl.read(url)


@pytest.mark.parametrize("path", ["sqlite:////srv/a@b.db", "folder/a@b.csv", "s@t.db#t"])
def test_a_file_is_never_misread(path: str):
    assert not misread(path)
