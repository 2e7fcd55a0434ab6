"""Checks that `python3 dev.py lint` runs beside the tools of others."""
