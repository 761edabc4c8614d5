-- What happened to a message, in order, until 30 days after it was sent.
-- Parameters: the message id, twice. It begins with the time of sending, so only the days from then on are read.
SELECT
  ts,
  event_type,
  recipient,
  bounce_type,
  bounce_sub_type,
  smtp_status,
  coalesce(smtp_response, reason) AS reply,
  processing_ms,
  delay_type,
  complaint_type,
  is_bot,
  link,
  subject,
  source
FROM history
WHERE message_id = ?
  AND date_diff('day', CAST(from_unixtime(from_base(substr(?, 5, 12), 16) / 1000) AS date), day) BETWEEN -1 AND 30
ORDER BY ts, recipient_no
