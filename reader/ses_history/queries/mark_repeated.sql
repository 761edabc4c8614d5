-- Marks rows that tell an event which another row tells already: those of the objects $keys just added, and only where
-- an event with the same key happened at the same time. Firehose may deliver a record twice.
WITH added AS (
  SELECT min(ts) AS first_ts, max(ts) AS last_ts
  FROM entries
  WHERE list_contains($keys, object_key)
),

twice AS (
  SELECT
    rowid AS entry,
    row_number() OVER (PARTITION BY event_key, recipient_no ORDER BY rowid) AS appearance
  FROM entries
  WHERE event_key IN (
    SELECT event_key
    FROM entries
    WHERE ts BETWEEN (SELECT first_ts FROM added) AND (SELECT last_ts FROM added) AND event_type IS NOT NULL
    GROUP BY event_key, recipient_no
    HAVING count(*) > 1
  )
)

UPDATE entries SET repeated = true
WHERE rowid IN (SELECT entry FROM twice WHERE appearance > 1) AND NOT repeated
