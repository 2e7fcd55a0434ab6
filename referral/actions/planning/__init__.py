"""Studies for planning: what is asked, what is computed, what is kept."""
