-- The `selected` rows of objects numbered after $after, but for events that others had before.
WITH arrived AS (
  SELECT selected.* FROM selected JOIN objects ON key = object_key WHERE object_no > $after
)

SELECT *
FROM arrived
WHERE event_key NOT IN (
  SELECT CAST(md5_number_lower(event) >> 1 AS BIGINT)
  FROM entries
  SEMI JOIN arrived USING (message_id)
  WHERE object_no <= $after
)
