"""The local store: rows of history in one DuckDB file, kept in step with a source, and the questions it answers."""
