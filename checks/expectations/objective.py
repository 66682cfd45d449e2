"""What is expected of an objective: a history that can decide, a target met, and a budget that does not burn."""

from checks.expectations.conditions import at_least, at_most, is_good
from checks.expectations.objective_columns import objective_columns
from checks.expectations.suite import Rule, Suite
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.outcome import Outcome

OBJECTIVE: Suite[ObjectiveCheck, ObjectiveRow] = Suite(
    kind="objective",
    columns=objective_columns,
    guards={
        "answers": Rule(
            is_good("answer"),
            because="its history was told",
            otherwise="{answer}",
            observed="answer",
            asked="asks_window",
            unmet=Outcome.ERROR,
        ),
        "complete": Rule(
            is_good("completeness"),
            because="its history was told without a warning",
            otherwise="its history was told with a warning: {completeness}",
            observed="completeness",
            asked="asks_window",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "present": Rule(
            is_good("presence"),
            because="{series} series were found",
            otherwise="{presence}",
            observed="presence",
            asked="asks_window",
            unmet=Outcome.MISSING,
        ),
        "countable": Rule(
            is_good("usability"),
            because="each of its series counts ({resets} resets)",
            otherwise="{usability}",
            observed="usability",
            asked="asks_window",
            unmet=Outcome.ERROR,
        ),
        "fresh": Rule(
            at_most("age", "max_age"),
            because="its newest sample is {age} s old, at most {max_age} s",
            otherwise="its newest sample is {age} s old, more than {max_age} s",
            observed="age",
            expected="max_age",
            unmet=Outcome.STALE,
        ),
        "not-ahead": Rule(
            at_least("age", "least_age"),
            because="its newest sample is not from the future",
            otherwise="its newest sample is dated ahead of this clock ({age} s old): one of the clocks is wrong",
            observed="age",
            expected="least_age",
            unmet=Outcome.STALE,
        ),
        "traffic": Rule(
            is_good("traffic"),
            because="{events} were counted",
            otherwise="nothing was counted: no traffic is neither good nor bad",
            observed="traffic",
            asked="asks_window",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "enough": Rule(
            at_least("events", "needed"),
            because="{events} were counted; {needed} can decide",
            otherwise="{needed_words}",
            observed="events",
            expected="needed",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "covered": Rule(
            at_least("coverage", "least_coverage"),
            because="{coverage_words}",
            observed="coverage",
            expected="least_coverage",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "burn-events": Rule(
            at_least("events", "burn_needed"),
            because="{pair_words}: {events} were counted; {burn_needed} can decide",
            otherwise="{pair_words}: only {events} were counted; {burn_needed} are needed to tell how fast it burns",
            observed="events",
            expected="burn_needed",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        "tolerated": Rule(
            at_least("most", "tolerated"),
            because="good: {share_words}; {tolerated_words} is tolerated",
            observed="most",
            expected="tolerated",
        ),
        "tolerated-shown": Rule(
            at_least("least", "tolerated_shown"),
            because="good: {share_words}; {tolerated_words} is tolerated",
            otherwise="good: {share_words}; {tolerated_words} is tolerated, and no bucket stands near enough to tell",
            observed="least",
            expected="tolerated_shown",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "target": Rule(
            at_least("most", "target"),
            because="good: {share_words}; {target_words} is the target",
            observed="most",
            expected="target",
            lenient="lenient",
        ),
        "target-shown": Rule(
            at_least("least", "target_shown"),
            because="good: {share_words}; {target_words} is the target",
            otherwise="good: {share_words}; {target_words} is the target, and no bucket stands near enough to tell",
            observed="least",
            expected="target_shown",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "budget": Rule(
            at_least("remaining", "nothing"),
            because="{remaining_words} of its error budget is left",
            otherwise="its error budget is overspent: {remaining_words} is left",
            observed="remaining",
            expected="nothing",
            lenient="lenient",
        ),
        "burn": Rule(
            at_most("burning", "factor"),
            because="{pair_words}: burns its budget {burning} times too fast, at most {factor}",
            otherwise="{pair_words}: both burn the budget over {factor} times too fast, {burning} at least",
            observed="burning",
            expected="factor",
        ),
        "burn-shown": Rule(
            at_most("burning_most", "factor_shown"),
            because="{pair_words}: burns its budget {burning_most} times too fast at most",
            otherwise="{pair_words}: it cannot be told whether both burn the budget over {factor} times too fast",
            observed="burning_most",
            expected="factor_shown",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
)
