"""Steps from one shape of the database to the next, the same for SQLite and PostgreSQL."""
