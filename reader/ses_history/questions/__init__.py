"""The questions of people on duty: what is asked is SQL that DuckDB and Athena both understand, one text each."""
