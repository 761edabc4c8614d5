-- Where each recipient of the `told` events stands now, the newest message first, and in it whom the text names.
-- An open or a click tells who read only when the message has one recipient.
SELECT sent_at, message_id, recipient, source, subject, standing, reply
FROM (
  SELECT
    message_id,
    lower(recipient) AS address,
    max(sent_at) AS sent_at,
    any_value(recipient) AS recipient,
    any_value(source) AS source,
    any_value(subject) AS subject,
    max(recipients_n) AS recipients_n,
    CASE
      WHEN bool_or(event_type = 'Complaint') THEN 'complained'
      WHEN bool_or(event_type = 'Bounce') THEN 'bounced: ' || max_by(
        CASE
          WHEN bounce_sub_type = 'OnAccountSuppressionList' THEN 'suppressed'
          WHEN bounce_type = 'Permanent' THEN 'hard'
          ELSE 'soft'
        END, coalesce(ts, '-infinity')
      ) FILTER (WHERE event_type = 'Bounce')
      WHEN bool_or(event_type = 'Click' AND recipients_n = 1) THEN 'clicked'
      WHEN bool_or(event_type = 'Open' AND recipients_n = 1) THEN 'opened'
      WHEN bool_or(event_type = 'Delivery') THEN 'delivered'
      WHEN bool_or(event_type = 'Reject') THEN 'rejected'
      WHEN bool_or(event_type = 'Rendering Failure') THEN 'failed'
      WHEN bool_or(event_type = 'DeliveryDelay') THEN 'delayed'
      ELSE 'sent'
    END AS standing,
    max_by(coalesce(smtp_response, reason), coalesce(ts, '-infinity'))
      FILTER (WHERE coalesce(smtp_response, reason) IS NOT NULL) AS reply
  FROM told
  GROUP BY message_id, lower(recipient)
) AS recipients
ORDER BY sent_at DESC NULLS LAST, message_id, contains(address, lower($text)) DESC NULLS LAST, address
