# ruff: noqa: E501 (each line quotes the guard that it takes out)
"""The guards against drills that only seem to have worked, and against drills nobody allowed; each with its test."""

from tests.mutations import Edit, Guard

_REHEARSAL, _PROGRAMS, _JOURNAL, _WATCHING = (
    f"tasks/drills/{name}.py" for name in ("rehearsal", "programs", "chaos_journal", "watching")
)
_ROWS = "tasks/collectors/rollback.py"
_ROLLBACKS, _CHAOS, _SUITES = (
    "tests/tasks/drills/test_rollback.py::",
    "tests/tasks/drills/test_chaos.py::",
    "tests/checks/expectations/test_suites.py::",
)
_FLOWS, _COMMANDS = "tests/flows/test_drills.py::", "tests/flows/cli/test_drill.py::"
_KILLED = f"{_ROLLBACKS}test_a_drill_that_is_killed_halfway_is_undone_by_the_next_run_which_says_so"

SEEMING = (
    Guard(
        "rollback answers healthy from the new version",
        "only the version that is meant counts",
        (
            Edit(
                "tasks/drills/answers.py",
                "reading.version is not None and meant(reading.version)",
                "reading.version is not None",
            ),
        ),
        f"{_ROLLBACKS}test_a_rollback_that_answers_healthy_from_the_new_version_is_none",
    ),
    Guard(
        "rollback answers healthy from the new version",
        "what answers beside it has to say the same version",
        (Edit("tasks/drills/answers.py", "    elif len(versions) > 1:\n", "    elif False:\n"),),
        f"{_ROLLBACKS}test_health_from_one_version_beside_another_is_no_rollback",
    ),
    Guard(
        "rollback command exits 0 and does nothing",
        "some answer has to differ from those before",
        (
            Edit(
                _ROWS,
                '"disturbed": any(not reading.healthy or reading.version != before for reading in readings),',
                '"disturbed": True,',
            ),
        ),
        f"{_ROLLBACKS}test_a_rollback_command_that_succeeds_and_does_nothing_is_found_out",
    ),
    Guard(
        "rollback command hangs",
        "a program has a time limit",
        (Edit(_PROGRAMS, "async with asyncio.timeout(seconds):", "async with asyncio.timeout(None):"),),
        f"{_ROLLBACKS}test_a_rollback_command_that_hangs_is_stopped_and_undone",
    ),
    Guard(
        "rollback command hangs",
        "one that was stopped has not ended",
        (
            Edit(
                "tasks/drills/triggers/program.py",
                "return Pulled(not ran.timed_out, ran.succeeded,",
                "return Pulled(True, ran.succeeded,",
            ),
        ),
        f"{_ROLLBACKS}test_a_rollback_command_that_hangs_is_stopped_and_undone",
    ),
    Guard(
        "rollback command hangs",
        "what it started is stopped with it",
        (Edit(_PROGRAMS, "os.killpg(program.pid, signal.SIGKILL)", "program.kill()"),),
        "tests/tasks/drills/test_restore.py::test_a_program_past_its_limit_is_ended_with_everything_it_started",
    ),
    Guard(
        "rollback command hangs",
        "so has a call without an answer",
        (
            Edit(
                "tasks/drills/triggers/http_call.py",
                "ended = exchange.seconds is not None and exchange.seconds < seconds",
                "ended = True",
            ),
        ),
        "tests/tasks/drills/test_triggers.py::test_a_call_that_hangs_has_not_ended",
    ),
)

KILLED = (
    Guard(
        "drill killed by SIGKILL halfway",
        "word is left before anything is changed",
        (Edit(_REHEARSAL, "        stage.journal.write(entry)\n        try:\n", "        try:\n"),),
        _KILLED,
    ),
    Guard(
        "drill killed by SIGKILL halfway",
        "the next run undoes it",
        (
            Edit(
                _REHEARSAL,
                "stage.course.leftovers_cause = await acts.undo(left.version_before)",
                "stage.course.leftovers_cause = None",
            ),
        ),
        _KILLED,
    ),
    Guard(
        "drill killed by SIGKILL halfway",
        "and says so",
        (Edit(_REHEARSAL, "    stage.course.leftovers = left.sentence\n", ""),),
        _KILLED,
    ),
    Guard(
        "drill killed by SIGKILL halfway",
        "what cannot be undone stops the next drill",
        (Edit(_REHEARSAL, "    return stage.course.leftovers_cause is None\n", "    return True\n"),),
        f"{_ROLLBACKS}test_a_system_that_cannot_be_rolled_forward_fails_and_the_next_run_tries_again",
    ),
    Guard(
        "drill killed by SIGKILL halfway",
        "word that cannot be read stops it too",
        (
            Edit(
                "tasks/drills/journal.py",
                "        except (OSError, ValidationError) as error:\n            raise CollectionError(",
                "        except (OSError, ValidationError) as error:\n            return None\n            raise CollectionError(",
            ),
        ),
        f"{_ROLLBACKS}test_a_journal_that_cannot_be_read_stops_the_drill",
    ),
)

MISLEADING = (
    Guard(
        "journal: hypothesis not met, so the method never ran",
        "activities count that were really run",
        (
            Edit(
                _JOURNAL,
                'f"{name}_done": sum(min(good[activity], times) for activity, times in asked.items()),',
                'f"{name}_done": asked.total(),',
            ),
        ),
        f"{_CHAOS}test_a_hypothesis_that_is_not_met_so_that_the_method_never_ran",
    ),
    Guard(
        "journal: hypothesis not met, so the method never ran",
        "a hypothesis is met where its probes say so",
        (Edit(_JOURNAL, '    return False, f"it was not met', '    return True, f"it was not met'),),
        f"{_CHAOS}test_a_hypothesis_that_is_not_met_so_that_the_method_never_ran",
    ),
    Guard(
        "journal: hypothesis skipped",
        "a hypothesis without a measurement is none",
        (Edit(_JOURNAL, '        return None, "it was not measured"', '        return True, "it was not measured"'),),
        f"{_CHAOS}test_a_hypothesis_that_is_skipped",
    ),
    Guard(
        "journal: method command exits 1",
        "a process of the method has done what it should by exit code 0",
        (Edit(_JOURNAL, 'return None if status == 0 else f"exit code {status}"', "return None"),),
        f"{_CHAOS}test_a_method_whose_command_exits_1",
    ),
    Guard(
        "journal: rollback exits 1",
        "and so has one of the rollbacks",
        (Edit(_JOURNAL, 'return None if status == 0 else f"exit code {status}"', "return None"),),
        f"{_CHAOS}test_a_rollback_that_exits_1",
    ),
    Guard(
        "journal: rollback without a program",
        "an activity counts only if it says itself that it succeeded",
        (Edit(_JOURNAL, '    if one.get("status") != "succeeded":\n', "    if False:\n"),),
        f"{_CHAOS}test_a_rollback_without_a_program_that_fails",
    ),
    Guard(
        "journal: rollback command not found",
        "a command that the shell did not find ended with an exit code of its own",
        (Edit(_JOURNAL, 'return None if status == 0 else f"exit code {status}"', "return None"),),
        f"{_CHAOS}test_a_rollback_whose_command_is_not_found",
    ),
    Guard(
        "journal: dry run",
        "a dry run is no drill",
        (Edit(_JOURNAL, '"dry_run": bool(experiment.get("dry")),', '"dry_run": False,'),),
        f"{_CHAOS}test_a_dry_run",
    ),
)

REFUSED = (
    Guard(
        "production not allowed",
        "the catalogue is refused unless it allows the drill by its name",
        (
            Edit(
                "checks/catalog.py",
                "if self.is_production and check.changes and name not in self.allow_in_production:",
                "if False:",
            ),
        ),
        f"{_COMMANDS}test_production_is_refused_unless_the_catalogue_allows_the_drill_by_name[production]",
    ),
    Guard(
        "abort condition",
        "it fires after so long without a healthy answer",
        (Edit(_WATCHING, "        if unhealthy > limit:\n", "        if False:\n"),),
        f"{_ROLLBACKS}test_the_abort_condition_fires_and_the_drill_undoes_itself",
    ),
    Guard(
        "abort condition",
        "it fires after so long in all",
        (
            Edit(
                _REHEARSAL, "async with asyncio.timeout(limit) as whole:", "async with asyncio.timeout(None) as whole:"
            ),
        ),
        f"{_ROLLBACKS}test_a_drill_that_takes_too_long_in_all_breaks_off",
    ),
    Guard(
        "abort condition",
        "a drill that broke off did not pass",
        (Edit("checks/expectations/drill.py", '"kept_on": row.aborted is None,', '"kept_on": True,'),),
        f"{_ROLLBACKS}test_the_abort_condition_fires_and_the_drill_undoes_itself",
    ),
    Guard(
        "abort condition",
        "one has to be declared",
        (
            Edit(
                "checks/expectations/drill.py",
                'ExpectColumnValuesToNotBeNull(column="abort_condition")',
                'ExpectColumnValuesToNotBeNull(column="part")',
            ),
        ),
        f"{_SUITES}test_every_rule_can_fail_and_says_why[rollback-abort-declared]",
    ),
    Guard(
        "abort condition",
        "a drill that breaks off undoes itself",
        (Edit(_REHEARSAL, "            await to_the_end(_undo(acts, stage, entry, watched))\n", ""),),
        f"{_ROLLBACKS}test_a_drill_whose_caller_cancels_it_undoes_itself_first",
    ),
    Guard(
        "dry run",
        "a flow does nothing unless it is told otherwise",
        (
            Edit(
                "flows/drills.py",
                "def rollback_drill(\n    name: str, *, dry_run: bool = True,",
                "def rollback_drill(\n    name: str, *, dry_run: bool = False,",
            ),
        ),
        f"{_FLOWS}test_every_kind_of_drill_has_a_flow_and_a_deployment_that_is_a_dry_run",
    ),
    Guard(
        "dry run",
        "a flow that is a dry run only says its steps",
        (Edit("flows/drills.py", "        if dry_run:\n            return DrillSummary(name, steps)\n", ""),),
        f"{_FLOWS}test_without_being_told_otherwise_a_drill_only_says_what_it_would_do",
    ),
    Guard(
        "dry run",
        "so does the command",
        (
            Edit(
                "flows/cli/drill.py", "    if dry_run:\n        _print_steps(name, steps, output)\n        return\n", ""
            ),
        ),
        f"{_COMMANDS}test_a_dry_run_shows_the_steps_and_touches_nothing",
    ),
    Guard(
        "dry run",
        "a dry run proves nothing",
        (
            Edit(
                "checks/expectations/drill.py",
                '"is_real": not row.dry_run if row.dry_run is not None else None,',
                '"is_real": True,',
            ),
        ),
        f"{_SUITES}test_every_rule_can_fail_and_says_why[rollback-real]",
    ),
)

DRILLS = (*SEEMING, *KILLED, *MISLEADING, *REFUSED)
