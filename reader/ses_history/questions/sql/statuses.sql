-- Where the `events` of some messages leave each recipient: contract/statuses.toml describes the statuses. With it, whether
-- the recipient has a `selected` event, and is looked for: by the whole address, or by a word that is in it.
-- An open, click or complaint says who it was only when it has one recipient, and only people open and click. A delivery
-- after a soft bounce or a suppression says that the message arrived after all. A bounce that names nobody, of a message to
-- several, is nobody's.
SELECT
  sent_at,
  message_id,
  recipient,
  source,
  subject,
  CASE
    WHEN complained THEN 'complained'
    WHEN hard_bounced_at >= coalesce(soft_bounced_at, never) AND hard_bounced_at >= coalesce(suppressed_at, never)
      THEN 'bounced:hard'
    WHEN soft_bounced_at >= coalesce(suppressed_at, never) AND soft_bounced_at >= coalesce(delivered_at, never)
      THEN 'bounced:soft'
    WHEN suppressed_at >= coalesce(delivered_at, never) THEN 'suppressed'
    WHEN clicked THEN 'clicked'
    WHEN opened THEN 'opened'
    WHEN delivered_at IS NOT NULL THEN 'delivered'
    WHEN rejected THEN 'rejected'
    WHEN failed THEN 'failed'
    WHEN delayed THEN 'delayed'
    ELSE 'sent'
  END AS status,
  is_test,
  nullif(reply, '') AS reply,
  address,
  selected,
  coalesce({looked_for}, false) AS looked_for
FROM (
  SELECT *, count(*) OVER (PARTITION BY message_id) AS recipients, TIMESTAMP '0001-01-01 00:00:00' AS never
  FROM (
    SELECT
      message_id,
      lower(recipient) AS address,
      bool_or(selected) AS selected,
      max(sent_at) AS sent_at,
      min_by(recipient, moment) AS recipient,
      min(source) AS source,
      min(subject) AS subject,
      bool_or(outcome = 'complained' AND recipient_count = 1) AS complained,
      max(moment) FILTER (WHERE outcome = 'bounced:hard') AS hard_bounced_at,
      max(moment) FILTER (WHERE outcome = 'bounced:soft') AS soft_bounced_at,
      max(moment) FILTER (WHERE outcome = 'suppressed') AS suppressed_at,
      max(moment) FILTER (WHERE event_type = 'Delivery') AS delivered_at,
      bool_or(event_type = 'Click' AND recipient_count = 1 AND is_bot IS DISTINCT FROM true) AS clicked,
      bool_or(event_type = 'Open' AND recipient_count = 1 AND is_bot IS DISTINCT FROM true) AS opened,
      bool_or(event_type = 'Reject') AS rejected,
      bool_or(event_type = 'Rendering Failure') AS failed,
      bool_or(event_type = 'DeliveryDelay') AS delayed,
      bool_or(is_test) AS is_test,
      max_by(coalesce(smtp_response, reason, ''), moment) FILTER (
        WHERE smtp_response IS NOT NULL OR reason IS NOT NULL OR outcome IN ('bounced:hard', 'bounced:soft', 'suppressed')
      ) AS reply
    FROM (SELECT *, coalesce(ts, TIMESTAMP '0001-01-01 00:00:00') AS moment FROM events) AS told
    GROUP BY message_id, lower(recipient)
  ) AS told_of
) AS counted
WHERE address IS NOT NULL OR recipients = 1
