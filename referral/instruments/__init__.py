"""Instruments: what a definition may hold, how answers become a score, and goals in five steps."""
