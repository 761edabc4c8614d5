-- What failed in the last day, the newest first: with the mail server's reply, what it means, and what to do.
-- Automatic replies, such as out of office, are left out: SES tells of them as bounces.
WITH known AS (
  SELECT
    map_agg(code, meaning) AS meanings,
    map_agg(code, what_to_do) AS advice
  FROM (
    VALUES
      -- [[[cog from docs.generate.meanings import values; cog.out(values()) ]]]
      ('bounce Undetermined', 'SES could not tell why the message came back.', 'Read the reply if there is one; send again later.'),
      ('bounce Undetermined/Undetermined', 'SES could not tell why the message came back; it may be an automatic reply.', 'Read the reply if there is one; send again later.'),
      ('bounce Permanent', 'The message was refused for good.', 'Do not send there again; SES may already have put it on the suppression list.'),
      ('bounce Permanent/General', 'The recipient''s mail server refused the message for good.', 'Do not send there again; SES may already have put it on the suppression list.'),
      ('bounce Permanent/NoEmail', 'The mailbox does not exist.', 'Do not send there again; SES may already have put it on the suppression list.'),
      ('bounce Permanent/Suppressed', 'SES did not send it: the address is on SES''s own list of invalid addresses.', 'If the address works, turn on the account''s suppression list; it overrides SES''s list.'),
      ('bounce Permanent/OnAccountSuppressionList', 'SES did not send it: the address is on the account''s suppression list.', 'Take it off that list only if the address works and the recipient wants the mail.'),
      ('bounce Permanent/OnTenantSuppressionList', 'SES did not send it: the address is on the tenant''s suppression list.', 'Take it off that list only if the address works and the recipient wants the mail.'),
      ('bounce Permanent/EmailValidationSuppressed', 'SES did not send it: its Auto Validation found the address doubtful.', 'Check the spelling; if it is right, change the threshold of Auto Validation in SES.'),
      ('bounce Permanent/UnsubscribedRecipient', 'SES did not send it: the recipient has unsubscribed from this list or topic.', 'Do not send there, unless the recipient subscribes again.'),
      ('bounce Transient', 'The message could not be delivered, and SES has stopped trying.', 'Send it again later.'),
      ('bounce Transient/General', 'The message could not be delivered for now, or this is an automatic reply.', 'No reply code means an automatic reply: do nothing; else send it again later.'),
      ('bounce Transient/MailboxFull', 'The mailbox is full.', 'Ask the recipient to make room, then send it again.'),
      ('bounce Transient/MessageTooLarge', 'The message is too large for the recipient''s mail server.', 'Make the message smaller, for example with links in place of attachments.'),
      ('bounce Transient/ContentRejected', 'The recipient''s mail server refused the message for what is in it.', 'Change the text or the links, then send it again.'),
      ('bounce Transient/AttachmentRejected', 'The recipient''s mail server refused the attachment.', 'Remove or change the attachment, then send it again.'),
      ('bounce Transient/CustomTimeoutExceeded', 'The message was not delivered within the time that its sender allowed.', 'Read the reply for the cause; send it again if it still matters.'),
      ('delay InternalFailure', 'A fault inside SES delays the message.', 'Wait while SES goes on trying.'),
      ('delay General', 'Talking to the recipient''s mail server failed.', 'Wait while SES goes on trying.'),
      ('delay MailboxFull', 'The mailbox is full.', 'Ask the recipient to make room; SES goes on trying.'),
      ('delay SpamDetected', 'The recipient''s mail server gets much unwanted mail from this account.', 'Look for complaints; send only to those who asked for it.'),
      ('delay RecipientServerError', 'The recipient''s mail server has a fault for now.', 'Wait while SES goes on trying.'),
      ('delay IPFailure', 'The recipient''s provider blocks or slows down the sending IP address.', 'Send more slowly; if it stays so, ask AWS Support.'),
      ('delay TransientCommunicationFailure', 'The connection to the recipient''s mail server failed for now.', 'Wait while SES goes on trying.'),
      ('delay BYOIPHostNameLookupUnavailable', 'SES could not look up the host name of the account''s own IP address.', 'Check the DNS names of the IP addresses brought to SES.'),
      ('delay Undetermined', 'SES could not tell why the message is delayed.', 'Wait while SES goes on trying.'),
      ('delay SendingDeferral', 'SES itself holds the message back for now.', 'Wait while SES goes on trying; if it stays so, ask AWS Support.'),
      ('complaint abuse', 'The recipient reported the message as unwanted.', 'Do not send there again; SES may already have put it on the suppression list.'),
      ('complaint auth-failure', 'A provider reported that the message could not be shown to be from its sender.', 'Check SPF, DKIM and DMARC of the sender''s domain.'),
      ('complaint fraud', 'The message was reported as fraud or phishing.', 'Check who sent it, and that no one else sends with this account.'),
      ('complaint not-spam', 'A provider reported that the message is not spam.', 'Nothing: this is no complaint.'),
      ('complaint other', 'A provider passed on a complaint without saying what kind.', 'Do not send there again; SES may already have put it on the suppression list.'),
      ('complaint virus', 'A virus was reported in the message.', 'Check the message, its attachments and the system that made it.'),
      ('complaint OnAccountSuppressionList', 'SES did not send it: the address is on the account''s suppression list.', 'Leave it there: the recipient may have complained before.'),
      ('complaint OnTenantSuppressionList', 'SES did not send it: the address is on the tenant''s suppression list.', 'Leave it there: the recipient may have complained before.'),
      ('smtp 2', 'The recipient''s mail server took the message.', 'Nothing; whether it is in the inbox is not known.'),
      ('smtp 4', 'The message could not be delivered for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.1', 'The recipient''s or the sender''s address could not be checked for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.1.8', 'The sender''s domain could not be checked for now.', 'Check that the sender''s domain exists and can get mail.'),
      ('smtp 4.2', 'The mailbox takes no message for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.2.1', 'The mailbox takes no message for now; it may get too many at once.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.2.2', 'The mailbox is full.', 'Ask the recipient to make room.'),
      ('smtp 4.3', 'The recipient''s mail server has a fault for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.3.1', 'The recipient''s mail server is out of storage.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.3.2', 'The recipient''s mail server takes no messages for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.4', 'The recipient''s mail server could not be reached for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.4.1', 'The recipient''s mail server does not answer.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.4.2', 'The connection to the recipient''s mail server broke.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.4.3', 'Looking up the recipient''s domain failed.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.4.4', 'No mail server was found for the recipient''s domain.', 'Check the domain of the address; if it is right, wait.'),
      ('smtp 4.4.5', 'The recipient''s mail server is busy.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.4.7', 'The message was not delivered in time.', 'Send it again if it still matters; read earlier delays for the cause.'),
      ('smtp 4.5', 'The recipient''s mail server did not accept a command for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.5.3', 'The message has too many recipients.', 'Send it to fewer recipients at a time.'),
      ('smtp 4.6', 'The recipient''s mail server could not handle what is in the message.', 'Check how the message is built, then send it again.'),
      ('smtp 4.7', 'The message is held off by a rule, often because of too much mail or spam.', 'Send more slowly; read the reply for the rule.'),
      ('smtp 4.7.1', 'The recipient''s mail server does not take the message yet; many do so at first contact.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('smtp 4.7.26', 'The recipient''s mail server could not confirm who sent the message.', 'Check SPF, DKIM and DMARC of the sender''s domain.'),
      ('smtp 4.7.27', 'Gmail slows down this sender: SPF did not pass.', 'Check the SPF record of the domain that bounces go to (custom MAIL FROM).'),
      ('smtp 4.7.28', 'The recipient''s mail server gets too much mail of this kind.', 'Send more slowly, and only to those who asked for it.'),
      ('smtp 4.7.30', 'Gmail slows down this sender: DKIM did not pass.', 'Check that SES signs for the sender''s domain, and its DKIM records.'),
      ('smtp 4.7.32', 'Gmail slows down this sender: the From domain does not match SPF or DKIM.', 'Use the From domain for DKIM or the custom MAIL FROM domain.'),
      ('smtp 4.7.40', 'Gmail slows down this sender: its domain has no DMARC policy.', 'Publish a DMARC record for the From domain.'),
      ('smtp 5', 'The message was refused for good.', 'Read the reply for the cause; unchanged it will be refused again.'),
      ('smtp 5.1', 'The recipient''s or the sender''s address is not accepted.', 'Check the addresses; do not send there again unchanged.'),
      ('smtp 5.1.1', 'The mailbox does not exist.', 'Do not send there again; SES may already have put it on the suppression list.'),
      ('smtp 5.1.2', 'The domain of the address does not exist or takes no mail.', 'Check the address for a typing error; do not send there again.'),
      ('smtp 5.1.3', 'The address is not written as an address can be.', 'Correct the address.'),
      ('smtp 5.1.6', 'The mailbox has moved, and no new address is known.', 'Do not send there again; ask the recipient for the new address.'),
      ('smtp 5.1.8', 'The sender''s domain does not exist or takes no mail.', 'Check that the sender''s domain exists and can get mail.'),
      ('smtp 5.1.10', 'The domain of the address takes no mail at all.', 'Do not send there again.'),
      ('smtp 5.2', 'The mailbox exists but does not take the message.', 'Read the reply; ask the recipient in another way.'),
      ('smtp 5.2.1', 'The mailbox is switched off.', 'Do not send there again, unless the recipient says it works.'),
      ('smtp 5.2.2', 'The mailbox is full.', 'Ask the recipient to make room, then send it again.'),
      ('smtp 5.2.3', 'The message is larger than this mailbox allows.', 'Make the message smaller, then send it again.'),
      ('smtp 5.2.4', 'The address is a mailing list that could not pass the message on.', 'Ask the owner of the mailing list.'),
      ('smtp 5.3', 'The recipient''s mail server could not take the message.', 'Send it again later; if it stays so, ask the recipient''s provider.'),
      ('smtp 5.3.2', 'The recipient''s mail server takes no messages.', 'Send it again later; if it stays so, do not send there again.'),
      ('smtp 5.3.4', 'The message is too large for the recipient''s mail server.', 'Make the message smaller, then send it again.'),
      ('smtp 5.3.5', 'The recipient''s mail server is set up wrongly.', 'Tell the recipient''s provider.'),
      ('smtp 5.4', 'The message could not be brought to the recipient''s mail server.', 'Check the domain of the address; ask the recipient''s provider.'),
      ('smtp 5.4.1', 'The recipient''s mail server does not answer; from Microsoft: no such mailbox.', 'Check the address for a typing error; do not send there again.'),
      ('smtp 5.4.4', 'No mail server was found for the recipient''s domain.', 'Check the address for a typing error; do not send there again.'),
      ('smtp 5.4.6', 'The message went in a circle between mail servers.', 'Tell the recipient: the forwarding of that mailbox is set up wrongly.'),
      ('smtp 5.4.7', 'The message was not delivered in time.', 'Send it again if it still matters; read earlier delays for the cause.'),
      ('smtp 5.5', 'The recipient''s mail server did not accept a command.', 'Read the reply; ask AWS Support if it happens often.'),
      ('smtp 5.5.3', 'The message has too many recipients.', 'Send it to fewer recipients at a time.'),
      ('smtp 5.6', 'The recipient''s mail server cannot handle what is in the message.', 'Check how the message is built, then send it again.'),
      ('smtp 5.6.7', 'The recipient''s mail server takes no addresses with letters outside ASCII.', 'Ask the recipient for another address.'),
      ('smtp 5.7', 'The message was refused by a rule, often against spam.', 'Read the reply for the rule; check SPF, DKIM and DMARC.'),
      ('smtp 5.7.1', 'The message was refused by a rule: its sender or content is not wanted there.', 'Read the reply for the rule; check SPF, DKIM and DMARC.'),
      ('smtp 5.7.2', 'The sender may not write to this mailing list.', 'Ask the owner of the mailing list.'),
      ('smtp 5.7.20', 'The message has no valid DKIM signature.', 'Check that SES signs for the sender''s domain, and its DKIM records.'),
      ('smtp 5.7.23', 'SPF did not pass: the domain does not allow the sending server.', 'Check the SPF record of the domain that bounces go to (custom MAIL FROM).'),
      ('smtp 5.7.25', 'The name of the sending IP address could not be confirmed.', 'Check the DNS names of own IP addresses; for those of SES ask AWS Support.'),
      ('smtp 5.7.26', 'The recipient''s mail server could not confirm who sent the message.', 'Check SPF, DKIM and DMARC of the sender''s domain.'),
      ('smtp 5.7.27', 'The sender''s domain takes no mail; from Gmail: SPF did not pass.', 'Check the SPF record of the domain that bounces go to (custom MAIL FROM).'),
      ('smtp 5.7.28', 'The recipient''s mail server gets too much mail of this kind.', 'Send more slowly, and only to those who asked for it.'),
      ('smtp 5.7.30', 'An encrypted way was demanded and not found; from Gmail: DKIM did not pass.', 'Check that SES signs for the sender''s domain, and its DKIM records.'),
      ('smtp 5.7.32', 'Gmail refused the message: the From domain does not match SPF or DKIM.', 'Use the From domain for DKIM or the custom MAIL FROM domain.'),
      ('smtp 5.7.40', 'Gmail refused the message: the sender''s domain has no DMARC policy.', 'Publish a DMARC record for the From domain.'),
      ('reply 250', 'The recipient''s mail server took the message.', 'Nothing; whether it is in the inbox is not known.'),
      ('reply 421', 'The recipient''s mail server is not available, or limits this sender.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('reply 450', 'The mailbox is not available for now.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('reply 451', 'The recipient''s mail server has a fault for now, or puts off unknown senders.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('reply 452', 'The mailbox or the recipient''s mail server is out of storage.', 'Wait while SES goes on trying; after a bounce, send it again later.'),
      ('reply 521', 'The host takes no mail at all.', 'Do not send there again.'),
      ('reply 550', 'The mailbox does not exist, or a rule refused the message.', 'Read the reply: do not send there again if there is no such mailbox.'),
      ('reply 551', 'The recipient is at another address.', 'Ask the recipient for the new address.'),
      ('reply 552', 'The mailbox is full, or the message is too large.', 'Make the message smaller or ask the recipient to make room.'),
      ('reply 553', 'The address is not allowed there.', 'Check the address for a typing error.'),
      ('reply 554', 'The message was refused, often by a rule against spam.', 'Read the reply for the cause; unchanged it will be refused again.'),
      ('reply 556', 'The domain of the address takes no mail at all.', 'Do not send there again.')
      -- [[[end]]]
  ) AS entries (code, meaning, what_to_do)
),

failed AS (
  SELECT
    *,
    coalesce(bounce_sub_type, delay_type, 'General') IN ('General', 'Undetermined') AS is_vague,
    coalesce(
      regexp_extract(smtp_status, '(^|[^\w.-]|\d\d\d-)([245]\.\d{1,3}\.\d{1,3})(?!\w|\.\d)', 2),
      regexp_extract(smtp_response, '(^|[^\w.-]|\d\d\d-)([245]\.\d{1,3}\.\d{1,3})(?!\w|\.\d)', 2)
    ) AS enhanced_code,
    regexp_extract(smtp_response, '(^|[;:])\s*([245]\d\d)(?=[\s-]|$)', 2) AS reply_code
  FROM history
  WHERE day >= current_date - INTERVAL '1' DAY
    AND ts >= current_timestamp - INTERVAL '1' DAY
    AND event_type IN ('Bounce', 'Complaint', 'DeliveryDelay', 'Reject', 'Rendering Failure')
),

coded AS (
  SELECT
    *,
    CASE event_type
      WHEN 'Bounce' THEN ARRAY['bounce ' || bounce_type || '/' || bounce_sub_type, 'bounce ' || bounce_type]
      WHEN 'DeliveryDelay' THEN ARRAY['delay ' || delay_type, 'delay Undetermined']
      WHEN 'Complaint' THEN
        ARRAY['complaint ' || complaint_sub_type, 'complaint ' || complaint_type, 'complaint other']
    END AS codes_of_ses,
    ARRAY[
      'smtp ' || enhanced_code,
      'smtp ' || regexp_extract(enhanced_code, '^\d\.\d+'),
      'smtp ' || substr(enhanced_code, 1, 1),
      'reply ' || reply_code,
      'smtp ' || substr(reply_code, 1, 1)
    ] AS codes_of_server
  FROM failed
  WHERE event_type <> 'Bounce'
    OR bounce_type = 'Permanent'
    OR NOT is_vague
    OR coalesce(action, smtp_status, smtp_response) IS NOT NULL
)

SELECT
  ts,
  event_type,
  recipient,
  coalesce(smtp_response, reason) AS reply,
  element_at(filter(transform(codes, code -> element_at(meanings, code)), found -> found IS NOT NULL), 1) AS meaning,
  element_at(filter(transform(codes, code -> element_at(advice, code)), found -> found IS NOT NULL), 1) AS what_to_do,
  subject,
  message_id
FROM (SELECT *, IF(is_vague, codes_of_server || codes_of_ses, codes_of_ses || codes_of_server) AS codes FROM coded)
CROSS JOIN known
ORDER BY ts DESC
