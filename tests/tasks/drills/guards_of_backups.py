# ruff: noqa: E501 (each line quotes the guard that it takes out)
"""The guards against bad backups, bad targets and killed rehearsals, each with the test that needs it."""

from tests.mutations import Edit, Guard

_CHECKSUMS, _ROWS, _READING, _RESTORE, _RECOVERY = (
    "tasks/drills/checksums.py",
    "tasks/collectors/backup_rows.py",
    "tasks/drills/reading.py",
    "tasks/drills/restore.py",
    "tasks/drills/recovery.py",
)
_BASE_READING, _SQLITE, _HELD, _SERVER, _TARGETS = (
    f"tasks/drills/{name}.py" for name in ("base_reading", "sqlite_files", "held_folders", "server_process", "targets")
)
_SUITE, _ARCHIVE_SUITE, _COPY_SUITE = (
    f"checks/expectations/{name}.py" for name in ("backup", "backup_archive", "backup_copy")
)
_DUMPS, _REHEARSALS, _BASES, _FILES = (
    f"tests/tasks/collectors/{name}.py::"
    for name in ("test_backup", "test_backup_rehearsal", "test_backup_base", "test_backup_sqlite")
)
_PORTLESS = "tests/tasks/drills/test_no_port.py::"
_TARGET_TESTS = "tests/tasks/drills/test_targets.py::"
_BROKEN_BASE = f"{_BASES}test_each_way_of_being_no_good_has_a_finding_of_its_own"

TRUNCATED = (
    Guard(
        "truncated archive",
        "its checksum differs",
        (
            Edit(
                _CHECKSUMS,
                '    if any(listed.get(name, digest) != digest for name, digest in found.items()) or listed.keys() - found.keys():\n        return "differs"\n',
                "",
            ),
        ),
        f"{_DUMPS}test_a_truncated_archive_fails_its_checksum_and_is_not_restored",
    ),
    Guard(
        "truncated archive",
        "what differs from its checksum is not restored",
        (Edit(_ROWS, ' and row.checksum in (None, "matches")', ""),),
        f"{_DUMPS}test_a_truncated_archive_fails_its_checksum_and_is_not_restored",
    ),
    Guard(
        "truncated archive",
        "read to its last byte where nothing restores it",
        (Edit(_READING, " if whole else listed\n", " if False else listed\n"),),
        f"{_DUMPS}test_a_truncated_archive_whose_checksum_agrees_is_read_to_its_end[custom]",
    ),
    Guard(
        "truncated archive",
        "a script has to end with pg_dump's last line",
        (Edit(_READING, "whole = ends_whole(archive.path)", "whole = True"),),
        f"{_DUMPS}test_a_truncated_archive_whose_checksum_agrees_is_read_to_its_end[plain]",
    ),
    Guard(
        "truncated archive",
        "a restore that ends with an error is none",
        (Edit(_RESTORE, "else self.exit_code == 0 and not self.timed_out", "else True"),),
        f"{_DUMPS}test_a_truncated_archive_whose_checksum_agrees_fails_to_restore",
    ),
    Guard(
        "truncated archive",
        "a script stops at its first error",
        (Edit(_RESTORE, '"--set=ON_ERROR_STOP=1", ', ""),),
        f"{_DUMPS}test_a_script_with_an_error_in_it_fails_at_that_error",
    ),
    Guard(
        "truncated archive",
        "a SQLite file has the pages its header counts",
        (Edit(_SQLITE, "    if kept and path.stat().st_size < owed:\n", "    if False:\n"),),
        f"{_FILES}test_a_truncated_file_is_told_by_the_pages_its_header_counts",
    ),
    Guard(
        "truncated archive",
        "pg_verifybackup has to find a base backup whole",
        (
            Edit(
                _BASE_READING,
                "    if ended.succeeded:\n        return ReadingFacts(",
                "    if True:\n        return ReadingFacts(",
            ),
        ),
        f"{_BROKEN_BASE}[a cut tar file]",
    ),
)

OF_ANOTHER = (
    Guard(
        "archive of another database",
        "its header names the database",
        (
            Edit(
                _SUITE,
                '"database_asked": row.database_expected if row.database is not None else None,',
                '"database_asked": None,',
            ),
        ),
        f"{_DUMPS}test_an_archive_of_another_database_is_not_restored",
    ),
    Guard(
        "archive of another database",
        "it is not restored (two guards: its name, and its tables)",
        (Edit(_ROWS, "return whole and ours and not row.tables_absent", "return whole"),),
        f"{_DUMPS}test_an_archive_of_another_database_is_not_restored",
    ),
    Guard(
        "archive of another database",
        "it holds rows of the tables that must come back",
        (
            Edit(
                _SUITE,
                '"tables_expected": len(check.tables) or None if not base else None,',
                '"tables_expected": None,',
            ),
        ),
        f"{_DUMPS}test_an_archive_without_rows_is_told_by_its_contents",
    ),
    Guard(
        "archive of another database",
        "a SQLite file has the application's id",
        (
            Edit(
                "tasks/collectors/backup_sqlite_rows.py",
                '"application_expected": check.form.application_id,',
                '"application_expected": None,',
            ),
        ),
        f"{_FILES}test_a_database_of_another_application_is_not_restored[pragma application_id = 1-B2-application]",
    ),
    Guard(
        "archive of another database",
        "a base backup has the cluster's system identifier",
        (
            Edit(
                "tasks/collectors/backup_base_rows.py",
                "check.form.system or (source.system if source else None)",
                "None",
            ),
        ),
        f"{_BROKEN_BASE}[another cluster]",
    ),
)

EMPTY = (
    Guard(
        "empty archive",
        "a backup holds at least one byte",
        (
            Edit(
                _ARCHIVE_SUITE,
                'ExpectColumnValuesToBeBetween(column="bytes", min_value=1)',
                'ExpectColumnValuesToBeBetween(column="bytes", min_value=0)',
            ),
        ),
        f"{_DUMPS}test_an_empty_file_is_said_to_be_empty",
    ),
    Guard(
        "empty archive",
        "an empty file is not passed over for an older one",
        (
            Edit(
                "tasks/drills/backup_folder.py",
                'if not path.name.endswith(_BESIDE) and not path.name.startswith(".")]',
                'if not path.name.endswith(_BESIDE) and not path.name.startswith(".") and size_of(path)]',
            ),
        ),
        "tests/tasks/drills/test_archives.py::test_an_empty_newest_file_is_not_passed_over",
    ),
)

NEWER = (
    Guard(
        "archive newer than now",
        "its age is not below zero",
        (
            Edit(
                _ARCHIVE_SUITE,
                'column="age_seconds", min_value=-CLOCKS_DIFFER_BY',
                'column="age_seconds", min_value=-(10**12)',
            ),
        ),
        f"{_REHEARSALS}test_a_header_that_speaks_of_a_time_to_come_is_stale",
    ),
    Guard(
        "archive newer than now",
        "its newest record is not of the future",
        (
            Edit(
                _COPY_SUITE,
                'column="rpo_seconds", min_value=-CLOCKS_DIFFER_BY',
                'column="rpo_seconds", min_value=-(10**12)',
            ),
        ),
        f"{_DUMPS}test_records_of_the_future_prove_no_recovery_point",
    ),
)

WARNINGS = (
    Guard(
        "restored with warnings",
        "warnings of the restoring program are counted",
        (
            Edit(
                _ROWS,
                'sum("warning:" in line.lower() for line in said) if facts.restored else None',
                "0 if facts.restored else None",
            ),
        ),
        f"{_REHEARSALS}test_warnings_of_a_restore_warn",
    ),
)

NO_ROOM = (
    Guard(
        "no free disk",
        "room is asked for before a copy is made",
        (Edit(_HELD, "    if free < needed:\n", "    if False:\n"),),
        f"{_TARGET_TESTS}test_nothing_is_started_where_the_copy_would_not_fit",
    ),
    Guard(
        "no free disk",
        "a server whose disk is full is the observer's trouble",
        (Edit(_RESTORE, "    if is_full(ended.stderr):\n", "    if False:\n"),),
        f"{_REHEARSALS}test_a_full_disk_at_the_target_is_the_observers_trouble",
    ),
    Guard(
        "no free port",
        "a temporary server listens on none",
        (Edit(_SERVER, '"listen_addresses": "",', '"listen_addresses": "127.0.0.1",'),),
        f"{_TARGET_TESTS}test_a_temporary_server_needs_no_free_port_since_it_listens_on_none",
    ),
    Guard(
        "no free port",
        "a target that cannot be connected to for want of a port says so",
        (Edit("tasks/drills/connecting.py", "    if lacks_port(str(error)):\n", "    if False:\n"),),
        f"{_PORTLESS}test_a_target_that_cannot_be_connected_to_for_want_of_a_port_is_the_observers_trouble",
    ),
    Guard(
        "no free port",
        "a restoring program without a port says nothing of the archive",
        (Edit(_RESTORE, "return NO_PORT if lacks_port(", "return None if lacks_port("),),
        f"{_PORTLESS}test_a_restoring_program_without_a_port_tells_nothing_of_the_archive[Cannot assign requested address]",
    ),
    Guard(
        "no free port",
        "a drill without a port to ask from is an error of the observer",
        (Edit("tasks/collectors/drill_rows.py", "NO_PORT if any(map(_without_port, samples)) else None", "None"),),
        f"{_PORTLESS}test_a_drill_whose_observer_has_no_port_is_an_error_and_starts_nothing",
    ),
    Guard(
        "no free port",
        "so is one whose load took every port",
        (
            Edit(
                "tasks/collectors/restart.py",
                "without_port = any(one.no_answer == NO_PORT for one in load)",
                "without_port = False",
            ),
        ),
        f"{_PORTLESS}test_load_that_takes_every_port_says_nothing_of_the_service",
    ),
    Guard(
        "no free port",
        "the sandbox says so in one line",
        (
            Edit(
                "examples/sandbox/ports.py",
                "    except OSError as error:\n",
                "    except ZeroDivisionError as error:\n",
            ),
        ),
        f"{_PORTLESS}test_the_sandbox_says_in_one_line_that_no_port_is_free",
    ),
    Guard(
        "no free disk",
        "the room that an archive needs is asked for",
        (
            Edit(
                "tasks/collectors/backup_dumps.py",
                "return TemporaryServer(own, self._now, needed),",
                "return TemporaryServer(own, self._now),",
            ),
        ),
        f"{_REHEARSALS}test_a_disk_with_too_little_room_for_the_archive_is_the_observers_trouble",
    ),
    Guard(
        "no free disk",
        "and the room for the copy of a base backup",
        (Edit(_RECOVERY, "held_folder(clearing, needed=needed)", "held_folder(clearing)"),),
        f"{_BASES}test_a_disk_with_too_little_room_for_the_copy_is_the_observers_trouble",
    ),
    Guard(
        "no free disk",
        "a recovering server whose disk is full is the observer's trouble",
        (Edit(_RECOVERY, "    if is_full(log):\n", "    if False:\n"),),
        f"{_BROKEN_BASE}[a full disk]",
    ),
    Guard(
        "no free disk",
        "so is a SQLite copy that did not fit",
        (Edit(_HELD, 'full = "No space left on device" in str(error)', "full = False"),),
        f"{_FILES}test_a_full_disk_is_the_observers_trouble",
    ),
)

OLDER = (
    Guard(
        "older server binary than the dump",
        "pg_restore is no older than pg_dump was",
        (Edit(_READING, "if told.dumped_by and major(version) < major(told.dumped_by):", "if False:"),),
        f"{_REHEARSALS}test_programs_older_than_the_archive_are_the_observers_trouble",
    ),
    Guard(
        "older server binary than the dump",
        "the target's server is no older than the source's was",
        (
            Edit(
                _RESTORE,
                "if archive.dumped_from and major(archive.dumped_from) > major(copy.server_version):",
                "if False:",
            ),
        ),
        f"{_REHEARSALS}test_a_server_older_than_the_dump_is_the_observers_trouble",
    ),
    Guard(
        "older server binary than the dump",
        "a base backup is read by programs of its own version",
        (Edit(_BASE_READING, "if major(told) == major(version):", "if True:"),),
        f"{_BROKEN_BASE}[older programs]",
    ),
    Guard(
        "older server binary than the dump",
        "a base backup is recovered by a server of its own version",
        (Edit(_RECOVERY, "    if major(version) != major(plan.version):\n", "    if False:\n"),),
        f"{_BROKEN_BASE}[an older server]",
    ),
)

KILLED = (
    Guard(
        "rehearsal killed by SIGKILL",
        "its database on a declared server is dropped by the next",
        (
            Edit(
                _TARGETS,
                "            await _drop(keeper, name)\n        except psycopg.errors",
                "            await asyncio.sleep(0)\n        except psycopg.errors",
            ),
            Edit(_TARGETS, "import re\nimport secrets\n", "import asyncio\nimport re\nimport secrets\n"),
        ),
        f"{_REHEARSALS}test_a_drill_that_was_killed_halfway_is_cleaned_up_by_the_next_which_says_so",
    ),
    Guard(
        "rehearsal killed by SIGKILL",
        "the next one says what it found",
        (Edit(_ROWS, '"leftovers": len(removed) if removed or was_looked_for else None,', '"leftovers": 0,'),),
        f"{_REHEARSALS}test_a_drill_that_was_killed_halfway_is_cleaned_up_by_the_next_which_says_so",
    ),
    Guard(
        "rehearsal killed by SIGKILL",
        "a database that somebody still holds is left alone",
        (
            Edit(
                _TARGETS,
                "and not exists (\n            select from pg_locks",
                "and (true or not exists (\n            select from pg_locks",
            ),
            Edit(
                _TARGETS,
                "(hashtext(d.datname)::bigint & 4294967295)::oid)\n",
                "(hashtext(d.datname)::bigint & 4294967295)::oid))\n",
            ),
        ),
        f"{_TARGET_TESTS}test_a_database_of_a_living_rehearsal_is_left_alone",
    ),
    Guard(
        "rehearsal killed by SIGKILL",
        "its server is stopped",
        (Edit(_SERVER, "await run([*unprivileged(), *stop], seconds=_STOP_SECONDS)", "pass"),),
        f"{_TARGET_TESTS}test_the_server_of_a_killed_rehearsal_is_stopped_and_removed",
    ),
    Guard(
        "rehearsal killed by SIGKILL",
        "its SQLite copy is removed",
        (
            Edit(
                "tasks/drills/sqlite_rehearsal.py",
                'update={"removed": await asyncio.to_thread(remove_files)}',
                'update={"removed": ()}',
            ),
        ),
        f"{_FILES}test_what_a_killed_drill_left_is_removed_by_the_next_which_says_so",
    ),
    Guard(
        "rehearsal killed by SIGKILL",
        "the server of a base backup's recovery is stopped and its copy removed",
        (Edit(_RECOVERY, "removed = await remove_leftovers(plan.programs)", "removed = ()"),),
        f"{_BASES}test_a_recovery_that_was_killed_halfway_is_cleaned_up_by_the_next_which_says_so",
    ),
    Guard(
        "rehearsal killed by SIGKILL",
        "so is the log that a reading had gathered",
        (Edit(_BASE_READING, "removed = await asyncio.to_thread(remove_files)", "removed: tuple[str, ...] = ()"),),
        f"{_BASES}test_a_reading_that_was_killed_halfway_is_cleaned_up_by_the_next_which_says_so",
    ),
    Guard(
        "rehearsal killed by SIGKILL",
        "what stays is not called removed",
        (
            Edit(
                _HELD,
                "    if cause := remove(folder):\n        raise TargetError(",
                "    if (cause := remove(folder)) and not cause:\n        raise TargetError(",
            ),
        ),
        f"{_TARGET_TESTS}test_what_cannot_be_removed_stops_the_next_rehearsal_and_is_named",
    ),
)

REFUSED = (
    Guard(
        "target not empty",
        "nothing is restored into what holds something",
        (Edit(_TARGETS, "if row is None or row[0] != 0:", "if False:"),),
        f"{_TARGET_TESTS}test_a_target_that_is_not_empty_is_refused_and_dropped",
    ),
    Guard(
        "target not declared isolated",
        "the catalogue is refused",
        (Edit("checks/kinds/backup.py", "if self.into is not None and not self.isolated:", "if False:"),),
        f"{_REHEARSALS}test_a_target_that_is_not_declared_isolated_is_no_catalogue",
    ),
    Guard(
        "target not declared isolated",
        "and so is the target itself, whatever the catalogue says",
        (
            Edit(
                _TARGETS,
                "        if not self.isolated:\n            raise TargetError(",
                "        if False:\n            raise TargetError(",
            ),
        ),
        f"{_TARGET_TESTS}test_nothing_is_made_on_a_server_that_is_not_declared_isolated",
    ),
)

BACKUPS = (*TRUNCATED, *OF_ANOTHER, *EMPTY, *NEWER, *WARNINGS, *NO_ROOM, *OLDER, *KILLED, *REFUSED)
