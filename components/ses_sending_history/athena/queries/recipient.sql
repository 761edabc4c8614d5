-- Everything about a recipient, the newest first.
-- Parameters: the address, and the first day to look at, such as 2026-11-01. Fewer days cost less.
SELECT
  ts,
  event_type,
  source,
  subject,
  bounce_type,
  bounce_sub_type,
  coalesce(smtp_response, reason) AS reply,
  link,
  configuration_set,
  message_id
FROM history
WHERE lower(recipient) = lower(?)
  AND day >= CAST(? AS date)
ORDER BY ts DESC
