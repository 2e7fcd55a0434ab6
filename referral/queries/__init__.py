"""Questions to the database, named for their answers."""
