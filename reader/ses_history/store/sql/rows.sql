-- The entries of `lines` (object_no, line_no, line), whose objects are numbered from $last + 1: one for each event and
-- recipient, or one for an invalid line, with the reason. $truncated is the line that stands for the rest of a gzip stream.
-- Fields are those of https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-firehose-contents.html
WITH parsed AS (
  SELECT
    object_no,
    line_no,
    line,
    CASE WHEN line NOT IN (chr(10), chr(13) || chr(10)) THEN TRY(from_json(line, '{
      "eventType": "VARCHAR",
      "mail": {
        "timestamp": "VARCHAR", "messageId": "VARCHAR", "source": "VARCHAR", "sendingAccountId": "VARCHAR",
        "destination": ["VARCHAR"], "commonHeaders": {"subject": "VARCHAR"}, "tags": "JSON"
      },
      "bounce": {
        "bounceType": "VARCHAR", "bounceSubType": "VARCHAR", "timestamp": "VARCHAR", "feedbackId": "VARCHAR",
        "reportingMTA": "VARCHAR",
        "bouncedRecipients": [{"emailAddress": "VARCHAR", "status": "VARCHAR", "diagnosticCode": "VARCHAR"}]
      },
      "complaint": {
        "complainedRecipients": [{"emailAddress": "VARCHAR"}], "timestamp": "VARCHAR", "feedbackId": "VARCHAR",
        "complaintFeedbackType": "VARCHAR", "complaintSubType": "VARCHAR", "userAgent": "VARCHAR"
      },
      "delivery": {
        "timestamp": "VARCHAR", "processingTimeMillis": "BIGINT", "recipients": ["VARCHAR"], "smtpResponse": "VARCHAR",
        "reportingMTA": "VARCHAR"
      },
      "deliveryDelay": {
        "timestamp": "VARCHAR", "delayType": "VARCHAR", "expirationTime": "VARCHAR", "reportingMTA": "VARCHAR",
        "delayedRecipients": [{"emailAddress": "VARCHAR", "status": "VARCHAR", "diagnosticCode": "VARCHAR"}]
      },
      "open": {"timestamp": "VARCHAR", "ipAddress": "VARCHAR", "userAgent": "VARCHAR"},
      "click": {"timestamp": "VARCHAR", "ipAddress": "VARCHAR", "userAgent": "VARCHAR", "link": "VARCHAR"},
      "reject": {"reason": "VARCHAR"},
      "failure": {"templateName": "VARCHAR", "errorMessage": "VARCHAR"},
      "subscription": {"contactList": "VARCHAR", "timestamp": "VARCHAR"}
    }')) END AS r
  FROM lines
),

events AS (
  SELECT
    object_no,
    line_no,
    CASE
      -- A case of its own, so that only the few lines that are not JSON are trimmed.
      WHEN r IS NULL THEN CASE trim(line, ' ' || chr(9) || chr(10) || chr(13))
        WHEN '' THEN 'blank'
        WHEN $truncated THEN 'truncated gzip'
        ELSE 'not JSON'
      END
      WHEN r.eventType IS NULL THEN 'not an event'
      WHEN r.eventType NOT IN (
        'Send', 'Reject', 'Bounce', 'Complaint', 'Delivery', 'Open', 'Click', 'Rendering Failure', 'DeliveryDelay',
        'Subscription'
      ) THEN 'unknown event type'
    END AS invalid,
    r.eventType AS event_type,
    r.mail AS mail,
    coalesce(r.mail.commonHeaders.subject, CASE WHEN r.mail IS NOT NULL THEN list_filter(
      TRY(from_json(json_extract(line, '$.mail.headers'), '[{"name": "VARCHAR", "value": "VARCHAR"}]')),
      lambda header: lower(header.name) = 'subject'
    )[1].value END) AS subject,
    json_extract_string(r.mail.tags, ['$."ses:configuration-set"[0]', '$."ses:from-domain"[0]']) AS ses_tags,
    r.bounce AS bounce,
    r.complaint AS complaint,
    r.delivery AS delivery,
    r.deliveryDelay AS delay,
    r.open AS opened,
    r.click AS click,
    r.reject AS reject,
    r.failure AS failure,
    r.subscription AS subscription,
    TRY_CAST(r.mail."timestamp" AS TIMESTAMP) AS sent_at,
    coalesce(
      TRY_CAST(CASE r.eventType
        WHEN 'Bounce' THEN r.bounce."timestamp"
        WHEN 'Complaint' THEN r.complaint."timestamp"
        WHEN 'Delivery' THEN r.delivery."timestamp"
        WHEN 'DeliveryDelay' THEN r.deliveryDelay."timestamp"
        WHEN 'Open' THEN r.open."timestamp"
        WHEN 'Click' THEN r.click."timestamp"
        WHEN 'Subscription' THEN r.subscription."timestamp"
      END AS TIMESTAMP),
      TRY_CAST(r.mail."timestamp" AS TIMESTAMP)
    ) AS ts,
    coalesce(CASE r.eventType
      WHEN 'Bounce' THEN len(r.bounce.bouncedRecipients)
      WHEN 'Complaint' THEN len(r.complaint.complainedRecipients)
      WHEN 'Delivery' THEN len(r.delivery.recipients)
      WHEN 'DeliveryDelay' THEN len(r.deliveryDelay.delayedRecipients)
      ELSE len(r.mail.destination)
    END, 0) AS recipient_count
  FROM parsed
),

recipients AS (
  SELECT
    *,
    CAST(unnest(range(1, greatest(recipient_count, 1) + 1)) AS INTEGER) AS recipient_no
  FROM events
),

addressed AS (
  SELECT
    *,
    CASE event_type
      WHEN 'Bounce' THEN bounce.bouncedRecipients[recipient_no].emailAddress
      WHEN 'Complaint' THEN complaint.complainedRecipients[recipient_no].emailAddress
      WHEN 'Delivery' THEN delivery.recipients[recipient_no]
      WHEN 'DeliveryDelay' THEN delay.delayedRecipients[recipient_no].emailAddress
      ELSE mail.destination[recipient_no]
    END AS recipient
  FROM recipients
)

SELECT
  CASE WHEN isfinite(ts) THEN ts END AS ts,
  event_type,
  mail.messageId AS message_id,
  CASE WHEN isfinite(sent_at) THEN sent_at END AS sent_at,
  recipient,
  CASE WHEN contains(recipient, '@') THEN rtrim(lower(split_part(recipient, '@', -1)), '>') END AS recipient_domain,
  recipient_no,
  CAST(recipient_count AS INTEGER) AS recipient_count,
  mail.source AS source,
  subject,
  ses_tags[1] AS configuration_set,
  ses_tags[2] AS from_domain,
  mail.sendingAccountId AS account_id,
  CAST(mail.tags AS VARCHAR) AS tags,
  bounce.bounceType AS bounce_type,
  bounce.bounceSubType AS bounce_sub_type,
  coalesce(bounce.bouncedRecipients[recipient_no].status, delay.delayedRecipients[recipient_no].status) AS smtp_status,
  coalesce(
    delivery.smtpResponse,
    bounce.bouncedRecipients[recipient_no].diagnosticCode,
    delay.delayedRecipients[recipient_no].diagnosticCode
  ) AS smtp_response,
  coalesce(delivery.reportingMTA, bounce.reportingMTA, delay.reportingMTA) AS reporting_mta,
  delivery.processingTimeMillis AS processing_ms,
  delay.delayType AS delay_type,
  TRY_CAST(delay.expirationTime AS TIMESTAMP) AS delay_expires_at,
  coalesce(complaint.complaintFeedbackType, complaint.complaintSubType) AS complaint_type,
  coalesce(bounce.feedbackId, complaint.feedbackId) AS feedback_id,
  coalesce(opened.userAgent, click.userAgent, complaint.userAgent) AS user_agent,
  coalesce(opened.ipAddress, click.ipAddress) AS ip,
  click.link AS link,
  coalesce(reject.reason, failure.errorMessage) AS reason,
  failure.templateName AS template_name,
  subscription.contactList AS contact_list,
  $last + object_no AS object_no,
  line_no,
  invalid,
  false AS duplicate
FROM addressed
