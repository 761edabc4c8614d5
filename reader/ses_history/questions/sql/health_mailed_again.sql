-- People sent to since $since after a hard bounce or a complaint of theirs, and the newest of those messages. Of a
-- complaint about several it is unknown whose it is.
SELECT
  count(DISTINCT address) AS count,
  max_by(message_id, (sent_at, message_id, recipient)) AS message_id,
  max_by(recipient, (sent_at, message_id, recipient)) AS recipient
FROM coded
JOIN (
  SELECT address, min(ts) AS first_at
  FROM told
  WHERE outcome = 'bounced:hard' OR (outcome = 'complained' AND recipient_count = 1)
  GROUP BY address
) AS warned USING (address)
WHERE event_type = 'Send' AND sent_at >= $since AND sent_at > first_at
