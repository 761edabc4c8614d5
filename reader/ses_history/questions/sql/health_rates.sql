-- Eligible recipients, hard bounces and complaints by provider. A recipient of a message bounces once, however many
-- reports there are; a complaint counts once, with the first recipient: which of several it was is unknown.
SELECT
  provider,
  count(*) FILTER (WHERE counted = 'eligible') AS eligible,
  count(*) FILTER (WHERE counted = 'hard_bounced') AS hard_bounced,
  count(*) FILTER (WHERE counted = 'complained') AS complained
FROM (
  SELECT provider, 'eligible' AS counted
  FROM coded AS sent
  WHERE event_type = 'Send' AND NOT is_own AND NOT EXISTS (
    SELECT 1 FROM told
    WHERE outcome = 'suppressed' AND told.message_id = sent.message_id AND told.address = sent.address
  )
  UNION ALL
  SELECT provider, 'hard_bounced'
  FROM (SELECT DISTINCT message_id, address, provider FROM told WHERE outcome = 'bounced:hard' AND NOT is_own) AS bounced
  UNION ALL
  SELECT nullif(min_by(coalesce(provider, ''), recipient_no), ''), 'complained'
  FROM told
  WHERE outcome = 'complained' AND NOT is_own
  GROUP BY object_no, line_no, message_id, ts
) AS people
GROUP BY provider
