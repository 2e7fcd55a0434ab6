"""Verbs of the field. Each gets its session, its actor and its time, flushes at most, and never commits."""
