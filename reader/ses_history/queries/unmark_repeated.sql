-- Of the entries marked as repeated, the first of each event that no unmarked entry tells any more counts from now on.
WITH again AS (
  SELECT rowid AS entry, message_id, event
  FROM entries
  WHERE repeated
),

told AS (
  SELECT event
  FROM entries
  SEMI JOIN again USING (message_id)
  WHERE NOT repeated
)

UPDATE entries SET repeated = false
WHERE rowid IN (SELECT min(entry) FROM again ANTI JOIN told USING (event) GROUP BY event)
