-- Of each event all of whose entries are marked as duplicates, since the unmarked one was removed, unmarks the first.
WITH duplicates AS (
  SELECT rowid AS entry, message_id, event
  FROM entries
  WHERE duplicate
),

kept AS (
  SELECT event
  FROM entries
  SEMI JOIN duplicates USING (message_id)
  WHERE NOT duplicate
)

UPDATE entries SET duplicate = false
WHERE rowid IN (SELECT min(entry) FROM duplicates ANTI JOIN kept USING (event) GROUP BY event)
