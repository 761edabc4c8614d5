-- Marks entries of an event that another entry tells already: among those of the objects numbered after $last, and of
-- what happened at the same time. Firehose may deliver a record twice.
WITH added AS (
  SELECT min(ts) AS first_ts, max(ts) AS last_ts
  FROM entries
  WHERE object_no > $last
),

told AS (
  SELECT rowid AS entry, hash(event) AS event
  FROM entries
  WHERE ts BETWEEN (SELECT first_ts FROM added) AND (SELECT last_ts FROM added) AND event_type IS NOT NULL
),

twice AS (
  SELECT entry, row_number() OVER (PARTITION BY event ORDER BY entry) AS appearance
  FROM told
  WHERE event IN (SELECT event FROM told GROUP BY event HAVING count(*) > 1)
)

UPDATE entries SET repeated = true
WHERE rowid IN (SELECT entry FROM twice WHERE appearance > 1) AND NOT repeated
