# ruff: noqa: E501 (each line quotes the control that it takes out)
"""What keeps databases, files, programs and pages whole, each control with its test."""

from tests.mutations import Edit, Guard

_MYSQL = "tasks/comparison/mysql/session.py"
_CANARIES = "tests/security/test_canaries.py::"

MACHINE = (
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
        "MariaDB's session is read only, also for statements that would end the transaction first",
        (Edit(_MYSQL, '        self.run("set session transaction read only")\n', ""),),
        "tests/tasks/collectors/test_sql_sessions.py::test_a_write_is_refused_by_the_database_itself",
    ),
    Guard(
        "a writer in a check's query",
        "MariaDB's session and its transaction are read only",
        (
            Edit(_MYSQL, '        self.run("set session transaction read only")\n', ""),
            Edit(_MYSQL, "consistent snapshot, read only", "consistent snapshot"),
        ),
        "tests/tasks/collectors/test_sql_sessions.py::test_a_write_is_refused_by_the_database_itself",
    ),
    Guard(
        "a query that takes for ever",
        "PostgreSQL ends it",
        (Edit("tasks/comparison/postgres/session.py", "{_SETTINGS}{limit}", "{_SETTINGS}"),),
        "tests/tasks/comparison/postgresql/test_bad_input.py::test_a_query_ends_at_its_time_limit[reference]",
    ),
    Guard(
        "a query that takes for ever",
        "MariaDB ends it",
        (
            Edit(
                _MYSQL,
                'self.run(f"set session max_statement_time = {max(seconds, 0.001)}")',
                "pass",
            ),
        ),
        "tests/tasks/comparison/pairs/test_mysql.py::test_a_time_limit_ends_the_query",
    ),
    Guard(
        "a path that leaves its folder",
        "it is refused",
        (Edit("tasks/collectors/sources.py", "if not path.is_relative_to(root):", "if False:"),),
        "tests/tasks/collectors/test_freshness.py::test_a_path_that_leaves_its_folder_is_refused",
    ),
    Guard(
        "a pipe among files",
        "only plain files are read",
        (Edit("tasks/collectors/files.py", "if not stat.S_ISREG(facts.st_mode):", "if False:"),),
        "tests/tasks/collectors/test_freshness.py::test_a_pipe_is_not_waited_for",
    ),
    Guard(
        "a capture whose name leaves the bag",
        "paths in a bag are plain",
        (Edit("tasks/sealing/staging.py", "            if not is_safe_path(name):\n", "            if False:\n"),),
        "tests/tasks/sealing/test_bundle_writer.py::test_a_path_that_leaves_the_bag_is_refused",
    ),
    Guard(
        "a link among what is sealed",
        "only plain files are",
        (
            Edit(
                "tasks/sealing/staging.py", "elif entry.is_file(follow_symlinks=False) and", "elif entry.is_file() and"
            ),
        ),
        "tests/tasks/sealing/test_bundle_writer.py::test_a_link_in_the_payload_is_not_sealed",
    ),
    Guard(
        "aliases that multiply",
        "a catalogue's are refused",
        (
            Edit(
                "checks/catalog_text.py",
                'self.problems.append((line, f"{_shown(path)}: an alias is not read here; write the value out"))',
                "pass",
            ),
        ),
        "tests/checks/test_catalog_text.py::test_aliases_are_refused_since_they_can_multiply_without_end",
    ),
    Guard(
        "YAML that makes objects",
        "loaders are safe ones",
        (
            Edit(
                "checks/yaml_text.py",
                '_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)',
                "_LOADER: Any = yaml.UnsafeLoader",
            ),
        ),
        "tests/security/test_threat_model.py::test_every_yaml_loader_is_a_safe_one",
    ),
    Guard(
        "YAML nested without end",
        "its depth is bounded",
        (Edit("checks/yaml_text.py", "        _demand_shallow(text)\n", ""),),
        "tests/checks/test_yaml_text.py::test_what_is_nested_too_deeply_is_refused_before_it_is_loaded",
    ),
    Guard(
        "entities that multiply",
        "XML declares nothing",
        (
            Edit(
                "tasks/collectors/xml_reading.py",
                "from defusedxml import ElementTree\n",
                "from xml.etree import ElementTree\n",
            ),
        ),
        "tests/tasks/collectors/test_test_results.py::test_what_is_no_junit_xml_says_why",
    ),
    Guard(
        "markup in evidence",
        "pages escape it",
        (Edit("reports/rendering.py", "        autoescape=True,\n", "        autoescape=False,\n"),),
        "tests/reports/test_templates.py::test_hostile_text_changes_no_element_of_a_page",
    ),
    Guard(
        "Markdown in evidence",
        "documents escape it",
        (Edit("reports/rendering.py", "finalize=escaping.markdown_text", "finalize=escaping.html_value"),),
        "tests/reports/test_templates.py::test_hostile_text_changes_no_element_of_markdown",
    ),
    Guard(
        "text that is not seen, or turns what is",
        "its characters are told by number",
        (
            Edit(
                "reports/escaping.py",
                "return _UNSEEN.sub(lambda match: code_of(match[0]), text) if _UNSEEN.search(text) else text",
                "return text",
            ),
        ),
        "tests/reports/test_templates.py::test_nothing_invisible_reaches_a_page",
    ),
    Guard(
        "a page that runs something all the same",
        "it forbids itself that",
        (
            Edit(
                "templates/_page.html.j2",
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n",
                "",
            ),
        ),
        "tests/reports/test_templates.py::test_a_page_forbids_itself_everything_but_its_own_style",
    ),
    Guard(
        "a way out of an archive",
        "what leaves its folder is refused",
        (Edit("tasks/drills/base_backups.py", "not target.is_relative_to(inside) or ", ""),),
        "tests/tasks/drills/test_base_backups.py::test_a_tar_file_that_reaches_outside_its_folder_is_refused",
    ),
    Guard(
        "a header of endless lengths",
        "its texts are bounded",
        (Edit("tasks/drills/archives.py", "if length > _LONGEST_STRING:", "if False:"),),
        "tests/tasks/drills/test_archives.py::test_a_text_that_calls_itself_longer_than_any_name_is_not_read",
    ),
    Guard(
        "words that a shell would read",
        "there is none",
        (Edit("tasks/drills/programs.py", "asyncio.create_subprocess_exec(", "asyncio.create_subprocess_shell("),),
        "tests/security/test_threat_model.py::test_no_program_is_started_through_a_shell",
    ),
    Guard(
        "a program that reads our environment",
        "it finds a plain one",
        (
            Edit(
                "tasks/drills/programs.py", 'plain = {"PATH": os.defpath,', 'plain = {**os.environ, "PATH": os.defpath,'
            ),
        ),
        "tests/tasks/drills/test_restore.py::test_a_program_sees_nothing_of_our_environment",
    ),
    Guard(
        "other users of the machine read along",
        "what a run writes is its owner's alone",
        (Edit("flows/settings.py", "os.umask(0o077)", "os.umask(0o022)"),),
        f"{_CANARIES}test_what_a_run_wrote_is_its_owner_s_alone",
    ),
    Guard(
        "others read a new key",
        "it is its owner's alone",
        (Edit("tasks/sealing/keys.py", "os.O_EXCL, 0o600)", "os.O_EXCL, 0o644)"),),
        "tests/tasks/sealing/test_keys.py::test_a_new_key_is_its_owners_alone",
    ),
    Guard(
        "others can use a key",
        "such a key is refused",
        (Edit("tasks/sealing/keys.py", "if mode & 0o077:", "if False:"),),
        "tests/tasks/sealing/test_keys.py::test_a_key_that_others_can_use_is_refused_with_what_to_do",
    ),
    Guard(
        "a key is handed out with the evidence",
        "one that lies there is refused",
        (Edit("tasks/sealing/keys.py", "if path.resolve().is_relative_to(outside.resolve()):", "if False:"),),
        "tests/tasks/sealing/test_keys.py::test_a_key_within_the_evidence_is_refused",
    ),
    Guard(
        "others read the evidence store",
        "a new file is its owner's alone",
        (Edit("tasks/store/evidence_store.py", "path.touch(mode=0o600)", "path.touch(mode=0o644)"),),
        "tests/tasks/store/test_opening.py::test_a_new_file_is_its_owners_alone_and_keeps_a_write_ahead_log",
    ),
)
