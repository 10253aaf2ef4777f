"""The report of a run: one self-contained page."""

from qa.evaluation.report.guarantee import refresh_guarantee
from qa.evaluation.report.judgement import refresh_judgement
from qa.evaluation.report.text import run_to_text
from qa.evaluation.report.write import REPORT_FILE, write_report

__all__ = ["REPORT_FILE", "refresh_guarantee", "refresh_judgement", "run_to_text", "write_report"]
