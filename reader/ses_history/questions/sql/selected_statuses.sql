-- The recipients in `standing` who have a selected event and one of the statuses, with what their `events` tell beside.
-- As for a status, an open or click says who it was only when it has one recipient, and only people open and click.
SELECT
  standing.sent_at,
  standing.recipient,
  standing.status,
  standing.subject,
  standing.source,
  standing.reply,
  told.delivered_at,
  told.opened_at,
  told.clicked_at,
  told.configuration_set,
  told.provider,
  told.recipient_domain,
  standing.message_id,
  standing.is_test,
  standing.address
FROM standing
LEFT JOIN (
  SELECT
    message_id,
    lower(recipient) AS address,
    max(ts) FILTER (WHERE event_type = 'Delivery') AS delivered_at,
    min(ts) FILTER (WHERE event_type = 'Open' AND recipient_count = 1 AND is_bot IS DISTINCT FROM true) AS opened_at,
    min(ts) FILTER (WHERE event_type = 'Click' AND recipient_count = 1 AND is_bot IS DISTINCT FROM true) AS clicked_at,
    min(configuration_set) AS configuration_set,
    min(provider) AS provider,
    min(recipient_domain) AS recipient_domain
  FROM events
  GROUP BY message_id, lower(recipient)
) AS told ON told.message_id = standing.message_id AND told.address IS NOT DISTINCT FROM standing.address
WHERE standing.selected AND {has_status}
