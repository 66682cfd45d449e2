"""The controls of the threat model, as data: what each does, where, and which test shows it.

`python -m tests.security.threat_model` prints the tables of `docs/threat-model.md`.
"""

from dataclasses import dataclass

PROMISES = {
    "evidence": "secrets are never in evidence, logs, parameters or results",
    "values": "known patterns and every configured secret's value are redacted before anything is written",
    "canary": "everything that a run wrote is searched for canaries, Prefect's database too",
    "database": "database sessions are read-only, and every statement has a time limit",
    "redirects": "no redirect to another host is followed",
    "link-local": "no link-local or metadata address is asked unless it is allowed",
    "limits": "bodies, headers, time and decompression have limits",
    "tls": "TLS is verified",
    "paths": "paths cannot leave the evidence folder",
    "yaml": "YAML is loaded safely",
    "injection": "markdown, HTML and spreadsheet injection is neutralised",
    "archives": "archives are extracted safely",
    "programs": "programs run without a shell, with a time limit, and with only the environment that they need",
    "files": "files are created 0600, folders 0700",
}


@dataclass(frozen=True, slots=True)
class Control:
    """One control: which promise it keeps, what it does, in which modules, and the tests that show it."""

    id: str
    promise: str
    does: str
    where: tuple[str, ...]
    tests: tuple[str, ...]


CONTROLS = (
    Control(
        "SEC-1",
        "evidence",
        "A catalogue that spells a password out, or a header's value, is refused: they come from the environment",
        ("checks.catalog",),
        ("tests/checks/test_catalog_text.py::test_a_problem_names_file_line_and_path",),
    ),
    Control(
        "SEC-2",
        "values",
        "Every configured secret goes out of captures, rows, provenance and failures, as it stands and as URLs, JSON,"
        " HTML, Python, hexadecimal digits and base64 write it",
        ("tasks.collectors.own_secrets", "tasks.collectors.redacting", "tasks.collectors.asking"),
        (
            "tests/tasks/collectors/test_redacting.py::test_a_secret_in_any_form_is_replaced_by_a_named_marker_and_counted",
            "tests/tasks/collectors/test_redacting.py::test_no_secret_survives_in_any_of_its_forms",
            "tests/tasks/collectors/test_redacting.py::test_the_secrets_are_what_is_given_in_confidence",
            "tests/tasks/collectors/test_redacting.py::"
            "test_a_password_that_stands_in_an_address_as_it_is_is_a_secret_whole",
            "tests/tasks/collectors/test_redacting.py::test_what_a_collector_complains_of_is_redacted_too",
        ),
    ),
    Control(
        "SEC-3",
        "values",
        "Keys and tokens of the forms that their issuers document, passwords in addresses and named secrets go too",
        ("tasks.collectors.known_secrets",),
        (
            "tests/tasks/collectors/test_known_secrets.py::test_a_secret_is_named_and_hidden",
            "tests/tasks/collectors/test_known_secrets.py::test_ordinary_text_is_left_alone",
        ),
    ),
    Control(
        "SEC-4",
        "values",
        "Redaction shows: a named marker in its place, a count beside the capture and in the provenance; rows are read"
        " again from what is left, and a document stays a document",
        ("tasks.collectors.redacting", "checks.evidence.records"),
        (
            "tests/tasks/collectors/test_redacting.py::test_rows_are_read_again_from_what_is_left",
            "tests/tasks/collectors/test_redacting.py::test_json_stays_json_whatever_is_taken_out",
            "tests/tasks/collectors/test_redacting.py::test_evidence_without_a_secret_is_the_very_same",
            "tests/security/test_canaries.py::test_redaction_shows_where_it_happened_and_nowhere_else",
            "tests/security/test_canaries.py::test_the_report_counts_what_was_taken_out",
            "tests/security/test_canaries.py::test_a_rederived_bundle_is_what_its_redacted_captures_give",
        ),
    ),
    Control(
        "SEC-5",
        "values",
        "Compressed bodies are looked into; what nobody can look into is not kept",
        ("tasks.collectors.redacting",),
        (
            "tests/tasks/collectors/test_redacting.py::test_a_compressed_body_with_a_secret_is_kept_unpacked",
            "tests/tasks/collectors/test_redacting.py::test_a_compressed_body_that_broke_off_over_a_secret_is_not_kept",
            "tests/tasks/collectors/test_redacting.py::test_what_nobody_looked_into_is_not_kept",
        ),
    ),
    Control(
        "SEC-6",
        "evidence",
        "No log record of any library holds a secret, and an error that would tell one is told without it",
        ("flows.discretion",),
        (
            "tests/tasks/collectors/test_redacting.py::test_no_log_record_holds_a_secret_whoever_makes_it",
            "tests/tasks/collectors/test_redacting.py::test_an_error_that_tells_a_secret_is_told_without_it",
            "tests/security/test_canaries.py::test_a_store_that_cannot_be_reached_is_told_without_its_password",
        ),
    ),
    Control(
        "SEC-7",
        "evidence",
        "Headers and cookies whose names speak of secrets are never kept, nor is one that echoes what was sent",
        ("tasks.collectors.http_exchange", "checks.secret_names"),
        (
            "tests/tasks/collectors/test_health.py::test_no_cookie_is_kept_and_no_secret_is_captured",
            "tests/tasks/collectors/test_collectors.py::test_credentials_are_sent_and_stay_out_of_the_evidence",
        ),
    ),
    Control(
        "SEC-8",
        "evidence",
        "No task keeps its result, no secret is a parameter, and what is sent to workers travels without secrets",
        ("tasks.collect", "tasks.sample", "tasks.judge", "tasks.seal", "tasks.publish", "tasks.compare"),
        (
            "tests/security/test_threat_model.py::test_no_task_keeps_its_result_or_its_cache",
            "tests/flows/test_dask_requests.py::test_no_secret_is_among_the_bytes_that_are_sent",
            "tests/flows/test_dask_requests.py::test_sources_travel_empty",
            "tests/tasks/collectors/test_redacting.py::test_a_redactor_takes_no_secret_elsewhere_and_shows_none",
        ),
    ),
    Control(
        "SEC-9",
        "canary",
        "A whole run against sources that give every secret away; evidence, pages, store, logs, output and Prefect's"
        " database are searched, compressed parts and every cell of every table too",
        ("tasks.collectors.redacting", "flows.discretion"),
        (
            "tests/security/test_canaries.py::test_nothing_that_a_run_wrote_or_said_shows_a_canary",
            "tests/security/test_canaries.py::test_the_sources_were_told_the_secrets_and_gave_them_away",
            "tests/security/test_canaries.py::test_the_search_finds_a_canary_in_every_way_that_it_may_hide",
        ),
    ),
    Control(
        "SQL-1",
        "database",
        "Sessions are read-only where the server says so: PostgreSQL and MariaDB by transaction, SQLite by opening the"
        " file for reading; a query stands inside a `select`",
        ("tasks.collectors.sql_sessions", "tasks.comparison.postgres.session", "tasks.comparison.mysql.session"),
        (
            "tests/tasks/collectors/test_sql_sessions.py::test_a_write_is_refused_by_the_database_itself",
            "tests/tasks/collectors/test_sql_facts.py::test_a_query_that_would_change_something_changes_nothing",
            "tests/tasks/comparison/postgresql/test_bad_input.py::test_the_sessions_cannot_write",
        ),
    ),
    Control(
        "SQL-2",
        "database",
        "Every statement has a time limit that the server keeps (SQLite: its virtual machine)",
        ("tasks.collectors.sql_sessions", "tasks.comparison.postgres.session", "tasks.comparison.mysql.session"),
        (
            "tests/tasks/collectors/test_sql_sessions.py::test_a_statement_is_ended_at_its_time_limit",
            "tests/tasks/comparison/postgresql/test_bad_input.py::test_a_query_ends_at_its_time_limit",
            "tests/tasks/comparison/pairs/test_mysql.py::test_a_time_limit_ends_the_query",
        ),
    ),
    Control(
        "NET-1",
        "redirects",
        "No redirect is followed, to whatever host or scheme: it is an answer like any other",
        ("tasks.collectors.http_client",),
        (
            "tests/security/test_hostile.py::test_no_redirect_is_followed_anywhere",
            "tests/tasks/collectors/test_health.py::test_a_redirect_is_an_answer_and_is_not_followed",
        ),
    ),
    Control(
        "NET-2",
        "link-local",
        "The very address that is connected to is looked at: link-local ones and clouds' metadata, in every form of"
        " IPv6 that an IPv4 address can hide in, are not asked unless the source is `link_local`",
        ("tasks.collectors.link_local", "tasks.collectors.http_client"),
        (
            "tests/tasks/collectors/test_link_local.py::test_every_form_of_such_an_address_is_known",
            "tests/tasks/collectors/test_link_local.py::test_nothing_is_sent_there",
            "tests/tasks/collectors/test_link_local.py::test_a_name_that_leads_there_is_not_followed",
            "tests/tasks/collectors/test_link_local.py::test_a_name_that_leads_there_a_moment_later_is_not_asked_again",
        ),
    ),
    Control(
        "NET-8",
        "link-local",
        "PostgreSQL, MariaDB and Redis are connected to at the very addresses that were looked at, under the names of"
        " their certificates, and so are PostgreSQL's own programs and the connection that a drill keeps open; none of"
        " them may be link-local or metadata",
        (
            "tasks.comparison.postgres.pinning",
            "tasks.comparison.mysql.session",
            "tasks.collectors.redis",
            "tasks.drills.connecting",
            "tasks.drills.targets",
            "tasks.drills.load",
        ),
        (
            "tests/tasks/comparison/postgresql/test_pinning.py::test_every_host_has_the_addresses_that_its_name_leads_to",
            "tests/tasks/comparison/postgresql/test_pinning.py::test_a_host_that_leads_to_metadata_is_refused",
            "tests/tasks/collectors/test_sql_sessions.py::test_no_server_at_a_metadata_address_is_asked",
            "tests/tasks/collectors/test_sql_sessions.py::test_a_server_is_reached_where_was_looked",
            "tests/tasks/collectors/test_redis.py::test_no_server_at_a_metadata_address_is_asked",
            "tests/tasks/collectors/test_redis.py::test_a_name_is_looked_up_once_and_a_certificate_is_that_of_the_name",
            "tests/tasks/drills/test_targets.py::test_a_target_at_a_metadata_address_is_not_asked",
            "tests/tasks/drills/test_targets.py::test_programs_go_to_the_address_that_was_looked_at",
            "tests/tasks/drills/test_load.py::test_no_connection_is_kept_open_to_a_metadata_address",
        ),
    ),
    Control(
        "NET-9",
        "link-local",
        "Witnesses, timestamping authorities and the archive are reached in the same way, and every socket of the"
        " process that Apprise has to itself is looked at before it connects or sends",
        ("tasks.sealing.reaching", "tasks.sealing.archive", "tasks.notify.apprise_program"),
        (
            "tests/tasks/sealing/test_reaching.py::test_an_authority_at_a_metadata_address_is_not_asked",
            "tests/tasks/sealing/test_reaching.py::test_a_certificate_is_that_of_the_name",
            "tests/tasks/sealing/test_reaching.py::test_an_archive_at_a_metadata_address_is_not_asked",
            "tests/tasks/notify/test_apprise.py::test_whatever_a_service_s_library_does_no_socket_goes_to_a_metadata_address",
        ),
    ),
    Control(
        "NET-3",
        "limits",
        "Bodies, headers, trailers, interim answers and the time of a whole exchange are bounded, for every collector",
        ("tasks.collectors.http_connection", "tasks.collectors.http_client"),
        (
            "tests/security/test_hostile.py::test_whatever_comes_nothing_passes_within_the_limits",
            "tests/security/test_hostile.py::test_each_way_of_being_no_answer_has_its_own_words",
            "tests/security/test_hostile.py::test_a_server_that_listens_and_never_accepts_is_given_up",
        ),
    ),
    Control(
        "NET-4",
        "limits",
        "What is compressed unpacks to the source's limit and no further",
        ("tasks.collectors.strict_json",),
        (
            "tests/tasks/collectors/test_strict_json.py::test_packing_that_cannot_be_undone_is_told",
            "tests/tasks/collectors/test_health.py::test_a_gzip_bomb_is_not_unpacked",
        ),
    ),
    Control(
        "NET-5",
        "limits",
        "An answer that two readers could read as two (two lengths, more behind its end) is none",
        ("tasks.collectors.http_connection",),
        ("tests/security/test_hostile.py::test_each_way_of_being_no_answer_has_its_own_words",),
    ),
    Control(
        "NET-6",
        "tls",
        "Certificates are verified against the system's and Mozilla's authorities, with the name that was asked for",
        ("tasks.collectors.http_client",),
        (
            "tests/tasks/collectors/test_health.py::test_a_stranger_s_certificate_is_not_trusted",
            "tests/tasks/collectors/test_health.py::test_an_expired_certificate_is_an_observation",
            "tests/security/test_hostile.py::test_a_certificate_of_another_name_is_not_trusted",
        ),
    ),
    Control(
        "NET-7",
        "redirects",
        "Neither proxies of the environment nor cookies are used, and every exchange has a connection of its own",
        ("tasks.collectors.http_client",),
        (
            "tests/tasks/collectors/test_health.py::test_a_proxy_in_the_environment_is_not_asked",
            "tests/tasks/collectors/test_health.py::test_every_probe_opens_a_connection_of_its_own",
        ),
    ),
    Control(
        "PATH-1",
        "paths",
        "A path of a catalogue cannot leave its source's folder, by `..` or through a link; pipes and devices are not"
        " read",
        ("tasks.collectors.sources", "tasks.collectors.files"),
        (
            "tests/tasks/collectors/test_freshness.py::test_a_path_that_leaves_its_folder_is_refused",
            "tests/tasks/collectors/test_freshness.py::test_a_pipe_is_not_waited_for",
            "tests/tasks/collectors/test_freshness.py::test_a_link_to_itself_is_told",
        ),
    ),
    Control(
        "PATH-2",
        "paths",
        "Nothing is written outside a bag: names are letters, digits, dot, dash and underscore; links are not sealed",
        ("checks.evidence.layout", "tasks.sealing.staging"),
        (
            "tests/tasks/sealing/test_bundle_writer.py::test_a_path_that_leaves_the_bag_is_refused",
            "tests/tasks/sealing/test_bundle_writer.py::test_a_link_in_the_payload_is_not_sealed",
            "tests/tasks/collectors/test_collectors.py::test_captures_have_names_of_their_own_that_are_safe_as_file_names",
        ),
    ),
    Control(
        "YAML-1",
        "yaml",
        "A catalogue is read from the parser's events: no alias, no tag, no second document, in bounded depth",
        ("checks.catalog_text",),
        (
            "tests/checks/test_catalog_text.py::test_aliases_are_refused_since_they_can_multiply_without_end",
            "tests/fuzz/test_parsers.py::test_a_seed_is_read_or_refused_in_time_and_room",
        ),
    ),
    Control(
        "YAML-2",
        "yaml",
        "All other YAML is read by safe loaders and in bounded depth, since the loader in C follows any depth until the"
        " process dies; what aliases stand for is never written out, and XML declares nothing",
        ("checks.yaml_text", "tasks.collectors.settings_documents", "tasks.collectors.xml_reading"),
        (
            "tests/security/test_threat_model.py::test_every_yaml_loader_is_a_safe_one",
            "tests/tasks/collectors/test_container.py::test_aliases_that_stand_for_much_are_never_written_out",
            "tests/tasks/collectors/test_test_results.py::test_what_is_no_junit_xml_says_why",
            "tests/fuzz/test_parsers.py::test_only_its_own_errors_leave_a_parser",
        ),
    ),
    Control(
        "PAGE-1",
        "injection",
        "Text of the outside world changes no element of a page and no Markdown, and nothing invisible reaches either",
        ("reports.escaping", "reports.rendering"),
        (
            "tests/reports/test_templates.py::test_hostile_text_changes_no_element_of_a_page",
            "tests/reports/test_templates.py::test_hostile_text_changes_no_element_of_markdown",
            "tests/reports/test_templates.py::test_nothing_invisible_reaches_a_page",
            "tests/reports/test_escaping.py::test_any_text_as_markdown_reads_as_itself",
        ),
    ),
    Control(
        "PAGE-2",
        "injection",
        "A page runs nothing, asks nobody for anything, and forbids itself both",
        ("reports.rendering",),
        (
            "tests/reports/test_templates.py::test_a_page_asks_nobody_for_anything_and_runs_nothing",
            "tests/reports/test_templates.py::test_a_page_forbids_itself_everything_but_its_own_style",
        ),
    ),
    Control(
        "PAGE-3",
        "injection",
        "Nothing is written for spreadsheets: no CSV, no workbook, so no cell can be a formula",
        ("reports.rendering", "flows.cli.report"),
        ("tests/security/test_threat_model.py::test_nothing_is_written_for_spreadsheets",),
    ),
    Control(
        "ARC-1",
        "archives",
        "Only files and folders come out of an archive, and none outside its folder",
        ("tasks.drills.base_backups",),
        (
            "tests/tasks/drills/test_base_backups.py::test_a_tar_file_that_reaches_outside_its_folder_is_refused",
            "tests/tasks/drills/test_base_backups.py::test_a_damaged_tar_file_is_unreadable_and_never_breaks",
        ),
    ),
    Control(
        "ARC-2",
        "archives",
        "Of a dump's header only what is bounded is read, whatever it says of its own lengths",
        ("tasks.drills.archives",),
        (
            "tests/tasks/drills/test_archives.py::test_any_bytes_after_the_magic_are_a_header_or_unreadable",
            "tests/tasks/drills/test_archives.py::test_a_text_that_calls_itself_longer_than_any_name_is_not_read",
            "tests/tasks/drills/test_archives.py::test_a_header_cut_anywhere_is_unreadable_and_never_breaks",
        ),
    ),
    Control(
        "RUN-1",
        "programs",
        "No program is started through a shell",
        ("tasks.drills.programs", "tasks.drills.chaos"),
        (
            "tests/security/test_threat_model.py::test_no_program_is_started_through_a_shell",
            "tests/tasks/collectors/test_backup_tool.py::test_what_a_program_is_told_is_no_line_for_a_shell",
        ),
    ),
    Control(
        "RUN-2",
        "programs",
        "A program past its time limit is ended with all that it started, and so is one whose run is interrupted",
        ("tasks.drills.programs",),
        (
            "tests/tasks/drills/test_restore.py::test_a_program_past_its_limit_is_ended_with_everything_it_started",
            "tests/tasks/drills/test_restore.py::test_a_program_is_ended_at_once_whenever_its_caller_is_cancelled",
        ),
    ),
    Control(
        "RUN-3",
        "programs",
        "A program finds a plain PATH in its environment and what the catalogue names, and no password among arguments",
        ("tasks.drills.programs", "tasks.drills.connecting"),
        (
            "tests/tasks/drills/test_restore.py::test_a_program_sees_nothing_of_our_environment",
            "tests/tasks/drills/test_restore.py::test_an_address_reaches_programs_by_variables_only",
        ),
    ),
    Control(
        "FILE-1",
        "files",
        "All that a run writes is its owner's alone: files 0600, folders 0700",
        ("flows.settings",),
        ("tests/security/test_canaries.py::test_what_a_run_wrote_is_its_owner_s_alone",),
    ),
    Control(
        "FILE-2",
        "files",
        "A new key is its owner's alone, and one that others can use is refused; so is one beside the evidence",
        ("tasks.sealing.keys",),
        (
            "tests/tasks/sealing/test_keys.py::test_a_new_key_is_its_owners_alone",
            "tests/tasks/sealing/test_keys.py::test_a_key_that_others_can_use_is_refused_with_what_to_do",
            "tests/tasks/sealing/test_keys.py::test_a_key_within_the_evidence_is_refused",
        ),
    ),
    Control(
        "FILE-3",
        "files",
        "A new evidence store in a file is its owner's alone",
        ("tasks.store.evidence_store",),
        ("tests/tasks/store/test_opening.py::test_a_new_file_is_its_owners_alone_and_keeps_a_write_ahead_log",),
    ),
)


def table() -> str:
    """A row for each control."""
    rows = [
        [
            one.id,
            one.does,
            ", ".join(f"`{module}`" for module in one.where),
            "<br>".join(_short(test) for test in one.tests),
        ]
        for one in CONTROLS
    ]
    head = ["id", "what it does", "where", "shown by"]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])


def promises() -> str:
    """A row for each promise, with the controls that keep it."""
    rows = [[says, ", ".join(one.id for one in CONTROLS if one.promise == name)] for name, says in PROMISES.items()]
    head = ["promise", "controls"]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in [head, ["---"] * len(head), *rows])


def _short(test: str) -> str:
    """A test as pytest takes it after `-k`, with the module it stands in."""
    module, _, function = test.partition("::")
    return f"`{module.rpartition('/')[2].removesuffix('.py')}::{function}`"


if __name__ == "__main__":
    print(promises(), table(), sep="\n", end="")  # noqa: T201 (to be pasted)
