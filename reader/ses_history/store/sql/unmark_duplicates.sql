-- Of each event all of whose entries are marked as duplicates, since the unmarked one was removed, unmarks the first by
-- day, object and line.
WITH duplicates AS (
  SELECT entries.rowid AS entry, message_id, event, day, key, line_no
  FROM entries
  JOIN objects USING (object_no)
  WHERE duplicate
),

kept AS (
  SELECT event
  FROM entries
  SEMI JOIN duplicates USING (message_id)
  WHERE NOT duplicate
)

UPDATE entries SET duplicate = false
WHERE rowid IN (
  SELECT first(entry ORDER BY day NULLS LAST, key, line_no, entry) FROM duplicates ANTI JOIN kept USING (event) GROUP BY event
)
