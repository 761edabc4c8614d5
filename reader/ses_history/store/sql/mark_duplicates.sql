-- Marks duplicates: entries of an event that an earlier entry has already, by day, object and line. Firehose may deliver a
-- record twice. Only what happened while the events of the objects numbered from $last + 1 did is looked at.
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

repeated AS (
  SELECT entry, candidates.event, object_no, line_no
  FROM candidates
  JOIN entries ON entries.rowid = entry
  WHERE candidates.event IN (SELECT event FROM candidates GROUP BY event HAVING count(*) > 1)
),

numbered AS (
  SELECT entry, row_number() OVER (PARTITION BY event ORDER BY day NULLS LAST, key, line_no, entry) AS occurrence
  FROM repeated
  JOIN objects USING (object_no)
)

UPDATE entries SET duplicate = occurrence > 1
FROM numbered
WHERE entries.rowid = entry AND duplicate <> (occurrence > 1)
