"""The evaluator: report, definitions, the records behind each figure."""
