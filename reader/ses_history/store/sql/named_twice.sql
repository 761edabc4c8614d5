-- The entries, in objects numbered from $last + 1, of a recipient whom the same event names before in another spelling.
SELECT rowid AS entry
FROM (
  SELECT
    rowid,
    row_number() OVER (
      PARTITION BY object_no, line_no, message_id, event_type, ts, lower(recipient) ORDER BY recipient_no
    ) AS place
  FROM entries
  WHERE object_no > $last AND recipient_count > 1 AND recipient IS NOT NULL
)
WHERE place > 1
