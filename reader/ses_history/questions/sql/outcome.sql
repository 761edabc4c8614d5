-- What a bounce or complaint means for its recipient. An automatic reply, such as out of office, is told as a soft bounce
-- of no known cause, without an action, a status or a code.
-- https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types
CASE
  WHEN event_type NOT IN ('Bounce', 'Complaint') THEN NULL
  WHEN coalesce(bounce_sub_type, complaint_sub_type) IN (
    'OnAccountSuppressionList', 'OnTenantSuppressionList', 'EmailValidationSuppressed', 'UnsubscribedRecipient',
    'Suppressed'
  ) THEN 'suppressed'
  WHEN event_type = 'Complaint' THEN CASE WHEN complaint_type IS DISTINCT FROM 'not-spam' THEN 'complained' END
  WHEN bounce_type = 'Permanent' THEN 'bounced:hard'
  WHEN coalesce(bounce_sub_type, 'Undetermined') IN ('General', 'Undetermined')
    AND coalesce(action, smtp_status, smtp_response) IS NULL THEN 'replied'
  ELSE 'bounced:soft'
END
