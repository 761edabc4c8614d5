-- The selected rows of objects numbered after $after, in the order they happened, but for events that others had before.
WITH arrived AS (
  SELECT history.* FROM history JOIN objects ON key = object_key WHERE object_no > $after AND {selected}
)

SELECT *
FROM arrived
WHERE event_key NOT IN (
  SELECT CAST(md5_number_lower(event) >> 1 AS BIGINT)
  FROM entries
  SEMI JOIN arrived USING (message_id)
  WHERE object_no <= $after
)
ORDER BY ts, message_id, recipient_no, object_key, line_no
