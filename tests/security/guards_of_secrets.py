"""What keeps secrets out of all that is written, each control with its test."""

from tests.mutations import Edit, Guard

_REDACTING, _DISCRETION = "tasks/collectors/redacting.py", "flows/discretion.py"
_TEST_REDACTING, _CANARIES = "tests/tasks/collectors/test_redacting.py::", "tests/security/test_canaries.py::"

SECRETS = (
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
        (Edit(_DISCRETION, "record.args = hidden.text, ()", "record.args = _message(record), ()"),),
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
        "a password in a catalogue",
        "an address with one is refused",
        (Edit("checks/catalog.py", 'if address.password not in (None, "", "reference"):', "if False:"),),
        "tests/checks/test_catalog_text.py::test_a_problem_names_file_line_and_path",
    ),
    Guard(
        "a token in a catalogue",
        "a header's value is a reference",
        (Edit("checks/catalog.py", "if not REFERENCE.search(value):", "if False:"),),
        "tests/checks/test_catalog_text.py::test_a_problem_names_file_line_and_path",
    ),
    Guard(
        "somebody else's token in an answer",
        "known forms are replaced",
        (
            Edit(
                "tasks/collectors/known_secrets.py",
                "    text = matcher.sub(replaced, text)\n",
                "    matcher.sub(replaced, text)\n",
            ),
        ),
        "tests/tasks/collectors/test_known_secrets.py::test_a_secret_is_named_and_hidden",
    ),
    Guard(
        "a cookie in an answer",
        "headers that speak of secrets are not kept",
        (Edit("tasks/collectors/http_exchange.py", "if speaks_of_secrets(name) or any(", "if any("),),
        "tests/tasks/collectors/test_health.py::test_no_cookie_is_kept_and_no_secret_is_captured",
    ),
    Guard(
        "an answer echoes a header of ours",
        "such a header is not kept",
        (Edit("tasks/collectors/http_exchange.py", " or any(secret in value for secret in sent):", ":"),),
        "tests/tasks/collectors/test_health.py::test_no_cookie_is_kept_and_no_secret_is_captured",
    ),
    Guard(
        "Prefect keeps what a task returns",
        "no task keeps its result",
        (Edit("tasks/collect.py", "persist_result=False", "persist_result=True"),),
        "tests/security/test_threat_model.py::test_no_task_keeps_its_result_or_its_cache",
    ),
    Guard(
        "a worker elsewhere is sent secrets",
        "sources travel empty",
        (Edit("tasks/collectors/sources.py", "return Sources, ({}, ", "return Sources, (dict(self.by_name), "),),
        "tests/flows/test_dask_requests.py::test_sources_travel_empty",
    ),
)
