-- Marks duplicates: entries of an event that an earlier entry has already. Firehose may deliver a record twice.
-- Only what happened while the events of the objects numbered from $last + 1 did is looked at.
WITH added AS (
  SELECT min(ts) AS first_ts, max(ts) AS last_ts
  FROM entries
  WHERE object_no > $last
),

candidates AS (
  SELECT rowid AS entry, hash(event) AS event
  FROM entries
  WHERE ts BETWEEN (SELECT first_ts FROM added) AND (SELECT last_ts FROM added) AND event_type IS NOT NULL
),

numbered AS (
  SELECT entry, row_number() OVER (PARTITION BY event ORDER BY entry) AS occurrence
  FROM candidates
  WHERE event IN (SELECT event FROM candidates GROUP BY event HAVING count(*) > 1)
)

UPDATE entries SET duplicate = true
WHERE rowid IN (SELECT entry FROM numbered WHERE occurrence > 1) AND NOT duplicate
