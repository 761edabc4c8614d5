-- Of the rows marked as repeated, the first of each event that no unmarked row tells any more counts from now on.
UPDATE entries SET repeated = false
WHERE rowid IN (
  SELECT min(again.rowid)
  FROM entries AS again
  ANTI JOIN (SELECT event_key, recipient_no FROM entries WHERE NOT repeated) AS told
    ON told.event_key = again.event_key AND told.recipient_no = again.recipient_no
  WHERE again.repeated
  GROUP BY again.event_key, again.recipient_no
)
