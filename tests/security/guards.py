# ruff: noqa: T201 (a script prints)
"""Takes one control of the threat model after another out of a copy of the program, and sees its test go red.

Usage: python -m tests.security.guards [WORD…]   (only entries in whose text a word stands)
It ends with 1 if a test stays green without its control, and with 2 if a control does not stand where this file says.
"""

import sys

from tests.mutations import Edit, Guard, copies
from tests.tasks.drills.guards import missing, row, trials

_REDACTING, _DISCRETION = "tasks/collectors/redacting.py", "flows/discretion.py"
_CONNECTION, _CLIENT = "tasks/collectors/http_connection.py", "tasks/collectors/http_client.py"
_TEST_REDACTING, _TEST_HOSTILE = "tests/tasks/collectors/test_redacting.py::", "tests/security/test_hostile.py::"
_TEST_LINK_LOCAL, _CANARIES = "tests/tasks/collectors/test_link_local.py::", "tests/security/test_canaries.py::"

CONTROLS = (
    Guard(
        "a source says our credentials again",
        "what is collected passes the redactor",
        (
            Edit(
                "tasks/collectors/asking.py",
                "redactor.evidence(found, lambda captures: collector.rows_from(check, captures))",
                "found",
            ),
        ),
        f"{_CANARIES}test_nothing_that_a_run_wrote_or_said_shows_a_canary",
    ),
    Guard(
        "a source says our credentials again",
        "rows are read again from what is left",
        (Edit(_REDACTING, "rows = reread(captures)", "rows = evidence.rows"),),
        f"{_TEST_REDACTING}test_rows_are_read_again_from_what_is_left",
    ),
    Guard(
        "a secret in base64",
        "base64 is looked for wherever in it a secret begins",
        (Edit("tasks/collectors/own_secrets.py", "for lead in range(3):", "for lead in range(1):"),),
        f"{_TEST_REDACTING}test_a_secret_in_any_form_is_replaced_by_a_named_marker_and_counted",
    ),
    Guard(
        "a secret in a compressed body",
        "compressed bodies are looked into",
        (Edit(_REDACTING, "hidden = self._bytes(inside.data, counted)", "hidden = inside.data"),),
        f"{_TEST_REDACTING}test_a_compressed_body_with_a_secret_is_kept_unpacked",
    ),
    Guard(
        "a secret behind the limit of a bomb",
        "what nobody looked into is not kept",
        (Edit(_REDACTING, "return capture.body[: inside.read], encoding", "return capture.body, encoding"),),
        f"{_TEST_REDACTING}test_what_nobody_looked_into_is_not_kept",
    ),
    Guard(
        "a library logs an address",
        "log records are redacted when they are made",
        (Edit(_DISCRETION, "record.msg, record.args = hidden.text, ()", "pass"),),
        f"{_TEST_REDACTING}test_no_log_record_holds_a_secret_whoever_makes_it",
    ),
    Guard(
        "a traceback tells a secret",
        "tracebacks in logs are redacted",
        (Edit(_DISCRETION, "record.exc_text, record.exc_info = told.text, None", "pass"),),
        f"{_TEST_REDACTING}test_no_log_record_holds_a_secret_whoever_makes_it",
    ),
    Guard(
        "an error tells a secret",
        "it is told again without it",
        (Edit(_DISCRETION, "raise told_again(error, redactor) from None", "raise"),),
        f"{_TEST_REDACTING}test_an_error_that_tells_a_secret_is_told_without_it",
    ),
    Guard(
        "other users of the machine read along",
        "what a run writes is its owner's alone",
        (Edit("flows/settings.py", "os.umask(0o077)", "os.umask(0o022)"),),
        f"{_CANARIES}test_what_a_run_wrote_is_its_owner_s_alone",
    ),
    Guard(
        "a name leads to a metadata service",
        "the address that is connected to is looked at",
        (Edit(_CLIENT, "            raise Barred(barred)\n", "            pass\n"),),
        f"{_TEST_LINK_LOCAL}test_a_name_that_leads_there_is_not_followed",
    ),
    Guard(
        "a metadata address hides in IPv6",
        "translated addresses are looked into",
        (Edit("tasks/collectors/link_local.py", "if asked in _TRANSLATED or asked in _COMPATIBLE:", "if False:"),),
        f"{_TEST_LINK_LOCAL}test_every_form_of_such_an_address_is_known",
    ),
    Guard(
        "interim answers without end",
        "a few are read",
        (Edit(_CONNECTION, "_MOST_INTERIM = 20", "_MOST_INTERIM = 10**9"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/interim-flood]",
    ),
    Guard(
        "a second answer behind the first",
        "nothing may follow an answer's end",
        (Edit(_CONNECTION, "if self._http.trailing_data[0] or self._arrived:", "if False:"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/more-than-its-length]",
    ),
    Guard(
        "a length told in two ways",
        "such an answer is none",
        (Edit(_CONNECTION, "return _of_one_length(event)", "return event"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/length-and-chunks]",
    ),
    Guard(
        "headers without end",
        "a head has a largest size",
        (Edit(_CONNECTION, "_LARGEST_HEAD = 100 * 1024", "_LARGEST_HEAD = 10**9"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/endless-headers]",
    ),
    Guard(
        "a body without end",
        "a body has a limit",
        (Edit(_CLIENT, "                raise TooLarge(access.limit)\n", "                pass\n"),),
        f"{_TEST_HOSTILE}test_each_way_of_being_no_answer_has_its_own_words[/never-ends]",
    ),
    Guard(
        "a writer in a check's query",
        "SQLite's file is opened for reading",
        (Edit("tasks/collectors/sql_sessions.py", "?mode=ro", "?mode=rw"),),
        "tests/tasks/collectors/test_sql_sessions.py::test_a_write_is_refused_by_the_database_itself",
    ),
    Guard(
        "a writer in a check's query",
        "PostgreSQL's transaction is read only",
        (Edit("tasks/comparison/postgres/session.py", "begin isolation level repeatable read read only", "begin"),),
        "tests/tasks/collectors/test_sql_sessions.py::test_a_write_is_refused_by_the_database_itself",
    ),
    Guard(
        "a writer in a check's query",
        "MariaDB's transaction is read only",
        (Edit("tasks/comparison/mysql/session.py", "consistent snapshot, read only", "consistent snapshot"),),
        "tests/tasks/collectors/test_sql_sessions.py::test_a_write_is_refused_by_the_database_itself",
    ),
)


def main(words: list[str]) -> int:
    chosen = [one for one in CONTROLS if not words or any(word in f"{one.against} {one.does}" for word in words)]
    if gone := missing(chosen):
        print(*gone, sep="\n", file=sys.stderr)
        return 2
    needed = 0
    print(
        "| against | control that is taken out | its test | with it | without it | what the test says |\n|"
        + " --- |" * 6
    )
    with copies(1) as (copy,):
        for trial in trials(chosen, copy):
            needed += trial.trouble is None
            print(row(trial), flush=True)
    print(f"\n{needed} of {len(chosen)} controls have a test that goes red without them")
    return int(needed != len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
