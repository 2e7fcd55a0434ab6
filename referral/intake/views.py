"""Finding people and taking them in."""
