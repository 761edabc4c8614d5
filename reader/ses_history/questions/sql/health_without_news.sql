-- Messages that stand `sent` or `delayed` with a recipient, as contract/statuses.toml has it, and the newest of them.
SELECT
  count(DISTINCT message_id) AS count,
  max_by(message_id, (sent_at, message_id, recipient)) AS message_id,
  max_by(recipient, (sent_at, message_id, recipient)) AS recipient
FROM coded AS sent
WHERE event_type = 'Send' AND NOT EXISTS (
  SELECT 1 FROM coded AS later
  WHERE later.message_id = sent.message_id AND later.address = sent.address AND (
    later.event_type IN ('Delivery', 'Reject', 'Rendering Failure')
    OR later.outcome IN ('bounced:hard', 'bounced:soft', 'suppressed')
    OR (later.recipient_count = 1 AND (
      later.outcome = 'complained' OR (later.event_type IN ('Open', 'Click') AND later.is_bot IS DISTINCT FROM true)
    ))
  )
)
