-- Where the `events` of some messages leave each recipient: the newest message first; in a message first whose address
-- contains the text, then who has a `selected` event. contract/statuses.toml describes the statuses.
-- An open or click says who read only when the message has one recipient. A soft bounce without a cause that follows a
-- delivery is an automatic reply, such as out of office: the message was delivered.
SELECT
  sent_at,
  message_id,
  recipient,
  source,
  subject,
  CASE
    WHEN complained THEN 'complained'
    WHEN bounced IS NOT NULL THEN bounced
    WHEN bounced_or_replied AND NOT delivered THEN 'bounced:soft'
    WHEN clicked THEN 'clicked'
    WHEN opened THEN 'opened'
    WHEN delivered THEN 'delivered'
    WHEN rejected THEN 'rejected'
    WHEN failed THEN 'failed'
    WHEN delayed THEN 'delayed'
    ELSE 'sent'
  END AS status,
  nullif(reply, '') AS reply
FROM (
  SELECT
    message_id,
    lower(recipient) AS address,
    bool_or(selected) AS selected,
    max(sent_at) AS sent_at,
    any_value(recipient) AS recipient,
    any_value(source) AS source,
    any_value(subject) AS subject,
    bool_or(event_type = 'Complaint' AND coalesce(complaint_type, '') NOT IN ('not-spam', 'OnAccountSuppressionList'))
      AS complained,
    max_by(bounce, moment) FILTER (WHERE bounce <> 'bounce or reply') AS bounced,
    bool_or(bounce = 'bounce or reply') AS bounced_or_replied,
    bool_or(event_type = 'Click' AND recipient_count = 1) AS clicked,
    bool_or(event_type = 'Open' AND recipient_count = 1) AS opened,
    bool_or(event_type = 'Delivery') AS delivered,
    bool_or(event_type = 'Reject') AS rejected,
    bool_or(event_type = 'Rendering Failure') AS failed,
    bool_or(event_type = 'DeliveryDelay') AS delayed,
    max_by(coalesce(words, ''), moment) FILTER (WHERE words IS NOT NULL OR bounce <> 'bounce or reply') AS reply
  FROM (
    SELECT
      *,
      coalesce(ts, '-infinity') AS moment,
      coalesce(smtp_response, reason) AS words,
      CASE
        WHEN 'OnAccountSuppressionList' IN (bounce_sub_type, complaint_type) THEN 'suppressed'
        WHEN bounce_type = 'Permanent' THEN 'bounced:hard'
        WHEN event_type <> 'Bounce' THEN NULL
        WHEN bounce_sub_type IN ('General', 'Undetermined') THEN 'bounce or reply'
        ELSE 'bounced:soft'
      END AS bounce
    FROM events
  )
  GROUP BY message_id, lower(recipient)
)
ORDER BY sent_at DESC NULLS LAST, message_id, contains(address, lower($text)) DESC NULLS LAST, selected DESC, address
