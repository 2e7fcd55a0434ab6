"""Parts of a round."""
