"""The station: desk, people, needs, visits."""
