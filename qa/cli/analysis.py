"""Commands on finished runs: `qa compare`, `qa calibrate` and `qa judge`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from qa.cli.opening import AsJson, SettingsFile, written_to
from qa.cli.progress import progress_bar
from qa.output.terminal import echo, echo_json


def compare_runs(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="The baseline run.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The new run, which the --fail options check.")],
    common: Annotated[
        bool, typer.Option("--common", help="Compare runs of different question sets on the questions they share.")
    ] = False,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LIMIT", help="Exit with code 1 if a metric of RUN_B is below LIMIT; repeatable."),
    ] = None,
    fail_over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LIMIT",
            help="The same if it is above LIMIT, for times, errors and shares declined; repeatable.",
        ),
    ] = None,
    fail_if_worse: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Exit with code 1 if a metric is significantly worse (95% interval and p); repeatable."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report to write; default: compare.html in RUN_B.")
    ] = None,
    form: Annotated[
        Literal["text", "markdown"],
        typer.Option("--format", help="Text for a terminal, or Markdown for a pull request."),
    ] = "text",
    as_json: AsJson = False,
) -> None:
    """Compare two runs: metrics that changed, questions that flipped, and settings that differ."""
    from qa.evaluation.analysis.compare import compare
    from qa.evaluation.analysis.comparison_text import comparison_to_json, comparison_to_markdown, comparison_to_text
    from qa.evaluation.analysis.gates import failed_gates, parse_limits
    from qa.evaluation.report.comparisons import COMPARISON_FILE, write_comparison
    from qa.files import check_regular

    at_least, at_most = parse_limits("--fail-under", fail_under or ()), parse_limits("--fail-over", fail_over or ())
    comparison = compare(run_a, run_b, common=common)
    failed = failed_gates(comparison, at_least, at_most, fail_if_worse or ())
    page = out or run_b / COMPARISON_FILE
    with written_to(page):
        if out is None:
            check_regular(page)
        write_comparison(comparison, page)
    if as_json:
        echo_json(comparison_to_json(comparison))
    elif form == "markdown":
        echo(comparison_to_markdown(comparison))
    else:
        echo(f"{comparison_to_text(comparison)}\n\nReport: {page}")
    for message in failed:
        echo(f"qa: {message}", err=True)
    if failed:
        raise typer.Exit(1)


def calibrate_run(
    run_dir: Annotated[
        Path,
        typer.Argument(metavar="RUN_DIR", help="A run made with --always-answer; with --judge, a JSONL file of pairs."),
    ],
    max_wrong: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            help="Largest share of wrong answers among those given: 0.05 for 5%. With --judge, of sentences wrongly"
            " called supported.",
        ),
    ],
    confidence: Annotated[float, typer.Option(metavar="SHARE", help="Confidence level of the guarantee.")] = 0.9,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Settings file to write; default: settings.toml in RUN_DIR. With --judge, the file for"
            " QA_JUDGE_CALIBRATION; default: judge.json beside the pairs.",
        ),
    ] = None,
    judge: Annotated[
        bool,
        typer.Option(
            "--judge",
            help="Find the threshold of the cross-encoder in QA_JUDGE, from pairs of claim, evidence and supported.",
        ),
    ] = False,
) -> None:
    """Find the confidence threshold that keeps the share of wrong answers within a limit.

    Exits with code 1 and writes nothing if the set is too small or the limit out of reach.
    """
    if judge:
        _calibrate_judge(run_dir, max_wrong, confidence, out or run_dir.parent / "judge.json")
        return
    from qa.evaluation.analysis.guarantee import (
        SETTINGS_FILE,
        calibration_to_text,
        check_settings_file,
        write_calibration,
    )
    from qa.evaluation.analysis.risk_control import calibrate
    from qa.evaluation.report import REPORT_FILE, refresh_sections
    from qa.evaluation.runs.folder import writing
    from qa.evaluation.runs.results import read_run
    from qa.files import check_regular

    settings_file = out or run_dir / SETTINGS_FILE
    run = read_run(run_dir)
    if out is None:
        with writing(settings_file):
            check_regular(settings_file)
    check_settings_file(settings_file)
    calibration = calibrate(run, max_wrong=max_wrong, confidence=confidence)
    if calibration.threshold is None:
        echo(f"qa: {run_dir}: {calibration_to_text(calibration)}", err=True)
        raise typer.Exit(1)
    with written_to(settings_file):
        write_calibration(settings_file, calibration, run)
    with writing(run_dir / REPORT_FILE):
        refresh_sections(run)
    echo(f"{calibration_to_text(calibration)}\n\n{settings_file}: use it with --settings (ask, serve, eval)")


def _calibrate_judge(pairs: Path, max_wrong: float, confidence: float, out: Path) -> None:
    from qa.evaluation.analysis.guarantee import calibration_to_text
    from qa.evaluation.analysis.judge_calibration import (
        PHRASES,
        calibrate_judge,
        check_threshold_file,
        in_process_judge,
        read_pairs,
        threshold_of,
    )
    from qa.models.coefficients import save_coefficients
    from qa.settings import Settings

    settings = Settings.from_environment()
    check_threshold_file(out)
    judge, labelled = in_process_judge(settings), read_pairs(pairs)
    with progress_bar("Judging", "pairs") as progress:
        found = calibrate_judge(judge, labelled, max_wrong=max_wrong, confidence=confidence, progress=progress)
    if found.threshold is None:
        echo(f"qa: {pairs}: {calibration_to_text(found, PHRASES)}", err=True)
        raise typer.Exit(1)
    with written_to(out):
        save_coefficients(out, threshold_of(judge, found, pairs, len(labelled)))
    echo(f"{calibration_to_text(found, PHRASES)}\n\nTo use it: QA_JUDGE={settings.judge} QA_JUDGE_CALIBRATION={out}")


def judge_run(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A finished run.")],
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Your own verdicts on some answers or their sentences, to compare: JSONL with id and correct or"
            " verdicts.",
        ),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Have the model in QA_JUDGE compare the answers with the accepted ones, and measure how far it agrees with you.

    The verdicts are kept in the run folder, and the report shows the figures.
    """
    from qa.evaluation.analysis.judged import judged_to_text, write_judged
    from qa.evaluation.answer_judge import judge_answers, read_labels
    from qa.evaluation.report import REPORT_FILE, refresh_sections
    from qa.evaluation.runs.folder import writing
    from qa.evaluation.runs.results import read_run
    from qa.settings import Settings

    run = read_run(run_dir)
    known = read_labels(labels) if labels else {}
    with progress_bar("Judging", "answers") as progress:
        judged = judge_answers(run, Settings.from_environment(settings), known, progress)
    write_judged(run_dir, judged)
    report = run_dir / REPORT_FILE
    with writing(report):
        shown = refresh_sections(run)
    if as_json:
        echo_json(asdict(judged))
    else:
        echo(judged_to_text(judged) + (f"\n\nReport: {report}" if shown else ""))
