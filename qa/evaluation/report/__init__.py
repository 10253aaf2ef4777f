"""The report of a run: one self-contained page."""

from qa.evaluation.report.text import run_to_text
from qa.evaluation.report.write import REPORT_FILE, refresh_sections, write_report

__all__ = ["REPORT_FILE", "refresh_sections", "run_to_text", "write_report"]
