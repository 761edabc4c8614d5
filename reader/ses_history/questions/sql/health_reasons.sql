-- The three most frequent reasons of the hard bounces that health_rates.sql counts, with the newest message of each.
SELECT
  bounce_sub_type,
  smtp_status,
  count(*) AS count,
  max_by(message_id, (sent_at, message_id)) AS message_id
FROM (
  SELECT
    message_id,
    max(sent_at) AS sent_at,
    min_by(bounce_sub_type, ts) AS bounce_sub_type,
    min_by(enhanced_code, ts) AS smtp_status
  FROM told
  WHERE outcome = 'bounced:hard' AND NOT is_own
  GROUP BY message_id, address
) AS bounced
GROUP BY bounce_sub_type, smtp_status
ORDER BY count DESC, bounce_sub_type, smtp_status
LIMIT 3
