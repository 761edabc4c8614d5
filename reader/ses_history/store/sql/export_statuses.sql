-- The recipients in `standing` who have a selected event and one of the statuses, with what their `events` tell beside.
-- As for a status, an open or click says who it was only when it has one recipient, and only people open and click.
SELECT
  sent_at,
  recipient,
  status,
  subject,
  source,
  reply,
  delivered_at,
  opened_at,
  clicked_at,
  configuration_set,
  provider,
  recipient_domain,
  message_id,
  is_test,
  address
FROM standing
LEFT JOIN (
  SELECT
    message_id AS its_message_id,
    lower(recipient) AS its_address,
    max(ts) FILTER (WHERE event_type = 'Delivery') AS delivered_at,
    min(ts) FILTER (WHERE event_type = 'Open' AND recipient_count = 1 AND is_bot IS NOT true) AS opened_at,
    min(ts) FILTER (WHERE event_type = 'Click' AND recipient_count = 1 AND is_bot IS NOT true) AS clicked_at,
    min(configuration_set) AS configuration_set,
    min(provider) AS provider,
    min(recipient_domain) AS recipient_domain
  FROM events
  GROUP BY ALL
) ON its_message_id = message_id AND its_address IS NOT DISTINCT FROM address
WHERE selected AND ($statuses IS NULL OR list_contains($statuses, status))
