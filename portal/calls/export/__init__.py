"""The call log as a file: every call of a choice, made in the background, as CSV or as a workbook."""
