"""The report of a run: one self-contained page."""

from qa.evaluation.report.write import REPORT_FILE, refresh_sections, run_to_text, write_report

__all__ = ["REPORT_FILE", "refresh_sections", "run_to_text", "write_report"]
