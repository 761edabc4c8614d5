-- The entries of `lines` (records.SCHEMA), whose objects are numbered from $last + 1: one for each event and recipient,
-- or one for an invalid line, with the reason. The provider of $domains[i] is $providers[i].
-- Fields are those of https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-firehose-contents.html
WITH parsed AS (
  SELECT
    object_no,
    line_no,
    line,
    invalid,
    invalid_lines,
    CASE WHEN invalid IS NULL THEN TRY(from_json(line, '{
      "eventType": "VARCHAR",
      "mail": {
        "timestamp": "VARCHAR", "messageId": "VARCHAR", "source": "VARCHAR", "sourceArn": "VARCHAR",
        "sendingAccountId": "VARCHAR", "destination": ["VARCHAR"],
        "commonHeaders": {"subject": "VARCHAR", "cc": ["VARCHAR"], "replyTo": ["VARCHAR"]}, "tags": "JSON"
      },
      "bounce": {
        "bounceType": "VARCHAR", "bounceSubType": "VARCHAR", "timestamp": "VARCHAR", "feedbackId": "VARCHAR",
        "reportingMTA": "VARCHAR",
        "bouncedRecipients": [
          {"emailAddress": "VARCHAR", "action": "VARCHAR", "status": "VARCHAR", "diagnosticCode": "VARCHAR"}
        ]
      },
      "complaint": {
        "complainedRecipients": [{"emailAddress": "VARCHAR"}], "timestamp": "VARCHAR", "feedbackId": "VARCHAR",
        "complaintFeedbackType": "VARCHAR", "complaintSubType": "VARCHAR", "userAgent": "VARCHAR",
        "arrivalDate": "VARCHAR"
      },
      "delivery": {
        "timestamp": "VARCHAR", "processingTimeMillis": "BIGINT", "recipients": ["VARCHAR"], "smtpResponse": "VARCHAR",
        "reportingMTA": "VARCHAR", "remoteMtaIp": "VARCHAR"
      },
      "deliveryDelay": {
        "timestamp": "VARCHAR", "delayType": "VARCHAR", "expirationTime": "VARCHAR", "reportingMTA": "VARCHAR",
        "delayedRecipients": [{"emailAddress": "VARCHAR", "status": "VARCHAR", "diagnosticCode": "VARCHAR"}]
      },
      "open": {"timestamp": "VARCHAR", "ipAddress": "VARCHAR", "userAgent": "VARCHAR", "isBotEvent": "VARCHAR"},
      "click": {
        "timestamp": "VARCHAR", "ipAddress": "VARCHAR", "userAgent": "VARCHAR", "isBotEvent": "VARCHAR",
        "link": "VARCHAR", "linkTags": "JSON"
      },
      "reject": {"reason": "VARCHAR"},
      "failure": {"templateName": "VARCHAR", "errorMessage": "VARCHAR"},
      "subscription": {
        "contactList": "VARCHAR", "timestamp": "VARCHAR", "source": "VARCHAR",
        "newTopicPreferences": {
          "unsubscribeAll": "BOOLEAN",
          "topicSubscriptionStatus": [{"topicName": "VARCHAR", "subscriptionStatus": "VARCHAR"}]
        }
      }
    }')) END AS r
  FROM lines
),

events AS (
  SELECT
    object_no,
    line_no,
    CASE
      WHEN invalid IS NOT NULL THEN invalid
      WHEN r IS NULL THEN 'not JSON'
      WHEN r.eventType IS NULL OR r.mail IS NULL THEN 'not an event'
      WHEN r.eventType NOT IN (
        'Send', 'Reject', 'Bounce', 'Complaint', 'Delivery', 'Open', 'Click', 'Rendering Failure', 'DeliveryDelay',
        'Subscription'
      ) THEN 'unknown event type'
    END AS invalid,
    greatest(invalid_lines, 1) AS invalid_lines,
    CASE WHEN r.mail IS NOT NULL THEN r.eventType END AS event_type,
    r.mail AS mail,
    -- Headers are looked at only where they may have something that is not told elsewhere: that saves a fifth of the time,
    -- and with these patterns, of which only the end is without case, finding out takes a fifth of what `contains` does.
    CASE WHEN
      regexp_matches(line, 'essage-[iI][dD]"') OR regexp_matches(line, 'ESSAGE-[I]D"')
      OR r.mail.commonHeaders.subject IS NULL
    THEN
      TRY(from_json(json_extract(line, '$.mail.headers'), '[{"name": "VARCHAR", "value": "VARCHAR"}]'))
    END AS headers,
    json_extract_string(
      r.mail.tags,
      ['$."ses:configuration-set"[0]', '$."ses:from-domain"[0]', '$."ses:tenant-name"[0]', '$."ses-history-test"[0]']
    ) AS ses_tags,
    r.bounce AS bounce,
    r.complaint AS complaint,
    r.delivery AS delivery,
    r.deliveryDelay AS delay,
    r.open AS opened,
    r.click AS click,
    r.reject AS reject,
    r.failure AS failure,
    r.subscription AS subscription,
    utc(r.mail."timestamp") AS sent_at,
    coalesce(
      utc(CASE r.eventType
        WHEN 'Bounce' THEN r.bounce."timestamp"
        WHEN 'Complaint' THEN r.complaint."timestamp"
        WHEN 'Delivery' THEN r.delivery."timestamp"
        WHEN 'DeliveryDelay' THEN r.deliveryDelay."timestamp"
        WHEN 'Open' THEN r.open."timestamp"
        WHEN 'Click' THEN r.click."timestamp"
        WHEN 'Subscription' THEN r.subscription."timestamp"
      END),
      utc(r.mail."timestamp")
    ) AS ts,
    coalesce(CASE r.eventType
      WHEN 'Bounce' THEN len(r.bounce.bouncedRecipients)
      WHEN 'Complaint' THEN len(r.complaint.complainedRecipients)
      WHEN 'Delivery' THEN len(r.delivery.recipients)
      WHEN 'DeliveryDelay' THEN len(r.deliveryDelay.delayedRecipients)
      ELSE len(r.mail.destination)
    END, 0) AS named
  FROM parsed
),

recipients AS (
  SELECT
    *,
    -- A report that names nobody is about the one whom the message was for; of several it is not known.
    CASE WHEN named = 0 AND only_one(mail.destination) IS NOT NULL THEN 1 ELSE named END AS recipient_count,
    CAST(unnest(range(1, greatest(named, 1) + 1)) AS INTEGER) AS recipient_no
  FROM events
),

addressed AS (
  SELECT
    *,
    coalesce(
      bare(CASE event_type
        WHEN 'Bounce' THEN bounce.bouncedRecipients[recipient_no].emailAddress
        WHEN 'Complaint' THEN complaint.complainedRecipients[recipient_no].emailAddress
        WHEN 'Delivery' THEN delivery.recipients[recipient_no]
        WHEN 'DeliveryDelay' THEN delay.delayedRecipients[recipient_no].emailAddress
        ELSE mail.destination[recipient_no]
      END),
      CASE WHEN recipient_count = 1 THEN only_one(mail.destination) END
    ) AS recipient
  FROM recipients
),

located AS (
  SELECT
    *,
    CASE WHEN contains(recipient, '@') THEN lower(split_part(recipient, '@', -1)) END AS recipient_domain
  FROM addressed
)

SELECT
  in_calendar(ts) AS ts,
  event_type,
  mail.messageId AS message_id,
  in_calendar(sent_at) AS sent_at,
  recipient,
  recipient_domain,
  recipient_no,
  CAST(recipient_count AS INTEGER) AS recipient_count,
  mail.source AS source,
  coalesce(mail.commonHeaders.subject, CASE WHEN headers IS NOT NULL THEN
    list_filter(headers, lambda header: lower(header.name) = 'subject')[1].value
  END) AS subject,
  array_to_string(mail.commonHeaders.cc, ', ') AS cc,
  array_to_string(mail.commonHeaders.replyTo, ', ') AS reply_to,
  CASE WHEN headers IS NOT NULL THEN
    list_filter(headers, lambda header: lower(header.name) = 'message-id')[1].value
  END AS mail_message_id,
  ses_tags[1] AS configuration_set,
  ses_tags[2] AS from_domain,
  ses_tags[3] AS tenant,
  mail.sourceArn AS source_arn,
  mail.sendingAccountId AS account_id,
  CAST(mail.tags AS VARCHAR) AS tags,
  bounce.bounceType AS bounce_type,
  bounce.bounceSubType AS bounce_sub_type,
  nullif(bounce.bouncedRecipients[recipient_no].action, '') AS action,
  nullif(coalesce(bounce.bouncedRecipients[recipient_no].status, delay.delayedRecipients[recipient_no].status), '') AS smtp_status,
  nullif(coalesce(
    delivery.smtpResponse,
    bounce.bouncedRecipients[recipient_no].diagnosticCode,
    delay.delayedRecipients[recipient_no].diagnosticCode
  ), '') AS smtp_response,
  coalesce(delivery.reportingMTA, bounce.reportingMTA, delay.reportingMTA) AS reporting_mta,
  delivery.remoteMtaIp AS remote_mta_ip,
  delivery.processingTimeMillis AS processing_ms,
  delay.delayType AS delay_type,
  in_calendar(utc(delay.expirationTime)) AS delay_expires_at,
  complaint.complaintFeedbackType AS complaint_type,
  complaint.complaintSubType AS complaint_sub_type,
  in_calendar(utc(complaint.arrivalDate)) AS arrival_date,
  coalesce(bounce.feedbackId, complaint.feedbackId) AS feedback_id,
  coalesce(opened.userAgent, click.userAgent, complaint.userAgent) AS user_agent,
  coalesce(opened.ipAddress, click.ipAddress) AS ip,
  CASE coalesce(opened.isBotEvent, click.isBotEvent) WHEN 'Likely' THEN true WHEN 'Unlikely' THEN false END AS is_bot,
  click.link AS link,
  CAST(click.linkTags AS VARCHAR) AS link_tags,
  coalesce(reject.reason, failure.errorMessage) AS reason,
  failure.templateName AS template_name,
  subscription.contactList AS contact_list,
  subscription.source AS subscription_source,
  subscription.newTopicPreferences.unsubscribeAll AS unsubscribed,
  TRY(CAST(to_json(map_from_entries(list_transform(
    subscription.newTopicPreferences.topicSubscriptionStatus,
    lambda topic: {'key': coalesce(topic.topicName, ''), 'value': topic.subscriptionStatus}
  ))) AS VARCHAR)) AS topics,
  ses_tags[4] IS NOT NULL OR recipient_domain IS NOT DISTINCT FROM 'simulator.amazonses.com' AS is_test,
  $providers[list_position($domains, recipient_domain)] AS provider,
  $last + object_no AS object_no,
  line_no,
  invalid,
  CASE WHEN invalid IS NOT NULL THEN invalid_lines END AS invalid_lines,
  false AS duplicate
FROM located
