-- Numbers the recipients of each event of several again, in objects numbered from $last + 1.
UPDATE entries
SET recipient_no = numbered.recipient_no, recipient_count = numbered.recipient_count
FROM (
  SELECT
    rowid AS entry,
    row_number() OVER (PARTITION BY object_no, line_no, message_id, event_type, ts ORDER BY recipient_no) AS recipient_no,
    count(*) OVER (PARTITION BY object_no, line_no, message_id, event_type, ts) AS recipient_count
  FROM entries
  WHERE object_no > $last AND recipient_count > 1
) AS numbered
WHERE entries.rowid = numbered.entry
