"""The report of one run: asked, seen, expected, the verdict, and why."""

import re
from dataclasses import replace

from checks.evidence.in_force import InForce
from checks.evidence.records import Evidence, RawCapture
from checks.findings import Judgement, Verdict
from checks.outcome import Outcome
from checks.slots import Cadence
from reports.bundle import MOST_SECTIONS, CheckReport, Report, Run, report, report_html, report_markdown
from tests.reports.examples import NOW, SLOT, a_report, catalog, evidence, finding, health, usage, verdict


def check_of(made: Report, name: str) -> CheckReport:
    return next(check for check in (*made.failing, *made.passing) if check.name == name)


def run_of(*judgements: Judgement, **more: object) -> Run:
    return Run(SLOT, NOW, judgements, {}, "sha256:00", "0.1.0", **more)  # type: ignore[arg-type]


def test_what_does_not_pass_comes_first_and_the_worst_of_it_first():
    made = a_report()
    assert [check.name for check in made.failing] == ["down", "lost", "unseen"]
    assert [check.name for check in made.passing] == ["fine"]
    for page in (report_markdown(made), report_html(made)):
        places = [page.index(heading) for heading in ("Not passing", "down", "lost", "unseen", "Passing", "fine")]
        assert places == sorted(places)


def test_a_check_says_what_was_asked_seen_and_expected_and_why():
    section = report_markdown(a_report()).split("### down\n")[1].split("### ")[0]
    assert "**✕ FAIL** · HTTP 503; expected 200" in section
    assert "- Asked: `http://127.0.0.1:8080/health` of api, timeout 10" in section
    assert "2026-11-22T14:07:00Z to 2026-11-22T14:07:00.120000Z by health 0.1.0+4f2c1d9: 1 row\n" in section
    assert "| api:/health | http | ✕ FAIL | 503 | 200 | major | HTTP 503; expected 200 " in section
    assert "| api:/health | prompt | ✓ PASS | 0.0421 | 1 | major | took 0.042 s |" in section
    assert "- Seen of api:/health: url http\\://127.0.0.1:8080/health; http_status 200; body_status pass" in section


def test_findings_that_are_not_met_stand_before_those_that_are():
    subject = check_of(a_report(), "down").subjects[0]
    assert [finding.outcome for finding in subject.findings] == [Outcome.FAIL, Outcome.PASS]


def test_the_page_of_a_passing_check_is_folded_and_every_other_open():
    page = report_html(a_report())
    folded = dict(re.findall(r'<details class="check" id="check-(\w+)"( open)?>', page))
    assert folded == {"down": " open", "lost": " open", "unseen": " open", "fine": ""}


def test_paper_shows_what_the_screen_folds():
    style = report_html(a_report()).split("@media print")[1]
    assert re.search(r"details-content \{[^}]*content-visibility: visible", style)


def test_everything_kept_is_linked_where_the_bag_keeps_it():
    assert [file.path for file in check_of(a_report(), "fine").files] == [
        "raw/fine/health.body",
        "raw/fine/health.meta.json",
        "rows/fine.jsonl",
        "validation/fine.json",
    ]
    page = report_html(a_report())
    assert all(f'href="{path}"' in page for path in ("raw/fine/health.body", "verdicts.json", "../../VERIFY.md"))


def test_secrets_that_were_taken_out_are_counted_at_their_check_and_for_the_run():
    def redacted(name: str, **forms: int) -> Evidence:
        kept = evidence(name)
        named = {form.replace("_", " "): count for form, count in forms.items()}
        return replace(kept, provenance=kept.provenance.model_copy(update={"redactions": named}))

    names = ("chatty", "careless", "clean")
    run = run_of(*(Judgement(name, (verdict(name, Outcome.FAIL),)) for name in names))
    kept = {"chatty": redacted("chatty", named_secret=1_200, AWS_access_key=1), "careless": redacted("careless", x=1)}
    made = report(catalog(*map(health, names)), replace(run, evidence={**kept, "clean": evidence("clean")}))
    text, page = report_markdown(made), report_html(made)
    assert "| secrets | 1,202 taken out of the evidence of 2 checks |" in text
    assert "<dt>Secrets</dt><dd>1,202 taken out of the evidence of 2 checks</dd>" in page
    said = "AWS access key, named secret (1,200 times)"
    assert f"- Taken out before anything was kept: {said}\n" in text.split("### chatty\n")[1].split("### ")[0]
    assert f"<dt>Taken out</dt><dd>{said}, before anything was kept</dd>" in page
    assert "Taken out" not in text.split("### clean\n")[1]
    assert page.count("Taken out") == 2


def test_a_check_that_is_only_listed_counts_too_and_a_run_without_secrets_says_nothing_of_them():
    names = [f"fine-{number}" for number in range(MOST_SECTIONS + 1)]
    run = run_of(*(Judgement(name, (verdict(name, Outcome.PASS),)) for name in names))
    kept = evidence(names[-1])
    told = replace(kept, provenance=kept.provenance.model_copy(update={"redactions": {"named secret": 1}}))
    known = catalog(*map(health, names))
    assert "| secrets | 1 taken out of the evidence of 1 check |" in report_markdown(
        report(known, replace(run, evidence={names[-1]: told}))
    )
    for page in (report_markdown(report(known, run)), report_html(report(known, run)), report_html(a_report())):
        assert "taken out of the evidence" not in page


def test_each_of_several_subjects_links_the_captures_its_findings_rest_on():
    paths = ("data/raw/two/ready.body", "data/rows/two.jsonl")
    ready = verdict("two", Outcome.FAIL, subject="api:/ready", evidence=paths)
    made = report(
        catalog(health("two", "/health", "/ready")),
        run_of(Judgement("two", (verdict("two", Outcome.PASS), ready))),
    )
    assert [file.path for file in made.failing[0].subjects[0].files] == ["raw/two/ready.body"]
    assert '<a href="raw/two/ready.body">ready.body</a>' in report_html(made)
    assert "[ready.body](raw/two/ready.body)" in report_markdown(made)


def test_a_check_with_hundreds_of_captures_links_a_few_and_their_folder():
    many = replace(evidence("one"), captures=tuple(RawCapture(f"item-{n}", b"") for n in range(500)))
    made = report(catalog(health("one")), replace(run_of(), evidence={"one": many}))
    files = made.failing[0].files
    assert len(files) == 26
    assert (files[-2].label, files[-2].path) == ("488 captures more", "raw/one")


def test_what_was_owed_and_never_judged_is_missing():
    unseen = check_of(a_report(), "unseen")
    assert (unseen.outcome, unseen.because, unseen.files) == (Outcome.MISSING, "owed, and nothing was observed", ())


def test_another_cadences_checks_are_not_owed_by_this_run():
    made = report(catalog(health("now"), health("nightly", every=Cadence.DAILY)), run_of())
    assert [check.name for check in made.failing] == ["now"]


def test_a_source_that_could_not_be_asked_leaves_no_provenance():
    section = report_markdown(a_report()).split("### lost\n")[1].split("### ")[0]
    assert "- Asked: nothing could be collected" in section
    assert "⊘ ERROR" in section


def test_of_several_subjects_the_worst_is_named():
    judgement = Judgement("two", (verdict("two", Outcome.PASS), verdict("two", Outcome.FAIL, subject="api:/ready")))
    made = report(catalog(health("two", "/health", "/ready")), run_of(judgement))
    assert made.failing[0].because == "api:/ready: HTTP 200; expected 200"
    assert [subject.subject for subject in made.failing[0].subjects] == ["api:/ready", "api:/health"]


def test_a_check_that_passes_says_how_much_was_met():
    met = tuple(finding("one", Outcome.PASS, expectation=name) for name in ("http", "prompt"))
    judgement = Judgement("one", (Verdict("one", "health", "api:/health", SLOT, met, NOW),))
    assert report(catalog(health("one")), run_of(judgement)).passing[0].because == "2 expectations met"


def test_columns_without_a_value_are_not_shown_as_seen():
    made = report(
        catalog(health("one")),
        replace(
            run_of(Judgement("one", (verdict("one", Outcome.PASS),))), evidence={"one": evidence("one", body=None)}
        ),
    )
    assert [name for name, _ in made.passing[0].subjects[0].seen] == ["url", "http_status", "seconds"]


def test_the_page_says_which_run_it_speaks_of():
    for page in (report_markdown(a_report()), report_html(a_report())):
        for fact in ("2026-11-22T1400Z.hourly", "production", "1.4.2", f"sha256:{'9f86d081' * 8}", "0.1.0+4f2c1d9"):
            assert fact in page


def test_a_version_nobody_knows_is_said_to_be_unknown():
    made = report(catalog(health("one")), run_of())
    assert "| version | not known |" in report_markdown(made)
    assert '<span class="gap">not known</span>' in report_html(made)


def test_every_outcome_is_explained_in_its_one_sentence():
    for page in (report_markdown(a_report()), report_html(a_report())):
        assert all(outcome.meaning in page for outcome in Outcome)


def test_a_run_in_which_nothing_is_owed_proves_nothing():
    made = report(catalog(health("nightly", every=Cadence.DAILY)), run_of())
    assert made.tally.outcome is Outcome.MISSING
    assert "nothing is shown to be ready" in report_markdown(made)


def test_the_same_run_renders_to_the_same_bytes():
    assert report_markdown(a_report()) == report_markdown(a_report())
    assert report_html(a_report()) == report_html(a_report())


def test_of_many_checks_that_pass_each_is_a_line_that_links_its_findings():
    names = [f"check-{number}" for number in range(MOST_SECTIONS + 1)]
    judgements = [Judgement(name, (verdict(name, Outcome.PASS),), b"{}\n") for name in names]
    failing = Judgement("broken", (verdict("broken", Outcome.FAIL),), b"{}\n")
    about = report(catalog(*map(health, names), health("broken")), run_of(*judgements, failing))
    assert about.tally.total == len(names) + 1
    assert [check.name for check in about.failing] == ["broken"]
    for page in (report_markdown(about), report_html(about)):
        assert "validation/check-0.json" in page
        assert page.count("validation/check-") >= len(names)
        assert "validation/broken.json" in page


def test_the_tenants_that_use_most_stand_in_a_table():
    page = report_markdown(a_report())
    assert "| most throughput | from 2026-11-08 to 2026-11-21 | share |" in page
    assert "| 1. acme | 123456 | 75 % |" in page
    assert "| 2. wayne | 41152 | – |" in page
    assert "most retries" not in page, "nothing was found to rank"
    assert "1. acme</th>" in report_html(a_report())


def test_what_usage_ranks_comes_from_its_rows():
    provenance = evidence("one").provenance
    made = report(
        catalog(health("one")), replace(run_of(), evidence={"one": Evidence("one", (usage(),), (), provenance)})
    )
    assert [table.figure for table in made.failing[0].top] == ["throughput"]


def test_the_report_says_who_approved_what_it_was_judged_by():
    made = a_report()
    assert "| approval | catalogue, in force with this bundle: **approved by nobody** |" in report_markdown(made)
    assert 'in force with this bundle: <span class="gap">approved by nobody</span>' in report_html(made)
    (_, approved) = made.run.in_force.changes
    known = replace(made, run=replace(made.run, in_force=InForce(changes=(approved,))))
    since = "catalogue, in force since 2026-11-19T14:07:30Z, leaf 7: approved by ada"
    assert f"| approval | {since} |" in report_markdown(known)
    assert "leaf 7: approved by ada</dd>" in report_html(known)
    lost = replace(made, run=replace(made.run, in_force=InForce(why_not="a tile is gone")))
    assert "| approval | **not known:** a tile is gone |" in report_markdown(lost)
    assert "not known:</span> a tile is gone" in report_html(lost)
