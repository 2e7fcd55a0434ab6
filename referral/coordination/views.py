"""The coordinator: needs, rounds, catalogue, imports."""
