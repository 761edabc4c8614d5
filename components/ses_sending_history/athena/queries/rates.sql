-- Bounce and complaint rates by the recipients' domain, over the last 30 days.
-- They are of recipients sent to, as SES counts. In no rate are tests, automatic replies, and whom SES did not try to reach.
-- A complaint about a message to several is of an unknown one of them, and counts once, with the first.
SELECT
  *,
  CAST(hard_bounced AS double) / nullif(sent, 0) AS hard_bounce_rate,
  CAST(soft_bounced AS double) / nullif(sent, 0) AS soft_bounce_rate,
  CAST(complained AS double) / nullif(sent, 0) AS complaint_rate
FROM (
  SELECT
    recipient_domain,
    count_if(event_type = 'Send') AS sent,
    count_if(event_type = 'Delivery') AS delivered,
    count_if(event_type = 'Bounce' AND is_tried AND is_hard) AS hard_bounced,
    count_if(event_type = 'Bounce' AND is_tried AND NOT is_hard AND NOT is_reply) AS soft_bounced,
    count_if(
      event_type = 'Complaint' AND is_tried AND complaint_type IS DISTINCT FROM 'not-spam' AND recipient_no = 1
    ) AS complained
  FROM (
    SELECT
      *,
      bounce_type IS NOT DISTINCT FROM 'Permanent' AS is_hard,
      coalesce(bounce_sub_type, complaint_sub_type, '') NOT IN (
        'OnAccountSuppressionList', 'OnTenantSuppressionList', 'EmailValidationSuppressed', 'UnsubscribedRecipient',
        'Suppressed'
      ) AS is_tried,
      coalesce(bounce_sub_type, 'Undetermined') IN ('General', 'Undetermined')
        AND coalesce(action, smtp_status, smtp_response) IS NULL AS is_reply
    FROM history
    WHERE day >= current_date - INTERVAL '30' DAY
      AND NOT is_test
  )
  GROUP BY recipient_domain
)
ORDER BY hard_bounced DESC, sent DESC
LIMIT 100
