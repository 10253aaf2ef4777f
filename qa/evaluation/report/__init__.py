"""The report of a run: one page that needs nothing else, for the person who owns the questions."""

from qa.evaluation.report.guarantee import refresh_promise
from qa.evaluation.report.text import run_to_text
from qa.evaluation.report.write import REPORT_FILE, write_report

__all__ = ["REPORT_FILE", "refresh_promise", "run_to_text", "write_report"]
