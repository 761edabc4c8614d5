-- Recipients whose message was delayed, by provider, and those of them who still wait. SES says when it gives up.
SELECT
  provider,
  count(*) AS delayed,
  count(*) FILTER (WHERE NOT has_ended) AS waiting,
  min(expires_at) FILTER (WHERE NOT has_ended) AS expires_at
FROM (
  SELECT
    provider,
    bool_or(
      event_type = 'Delivery' OR coalesce(outcome, '') IN ('bounced:hard', 'bounced:soft', 'suppressed')
    ) AS has_ended,
    max(delay_expires_at) AS expires_at
  FROM coded
  WHERE event_type IN ('DeliveryDelay', 'Delivery', 'Bounce')
  GROUP BY message_id, address, provider
  HAVING bool_or(event_type = 'DeliveryDelay')
) AS delays
GROUP BY provider
