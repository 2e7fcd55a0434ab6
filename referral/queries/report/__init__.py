"""What the evaluator asks: figures of a period, each with its definition and the records behind it."""
