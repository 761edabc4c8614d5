-- The messages with a matching row that has one of $values, whole: as its recipient, sender, subject or id.
WITH asked AS (SELECT unnest($values) AS value),
spelled AS (SELECT text AS value FROM spellings WHERE comparable IN (FROM asked))
SELECT message_id FROM matching WHERE lower(recipient) IN (FROM asked)
UNION ALL
SELECT message_id FROM matching WHERE lower(source) IN (FROM asked)
UNION ALL
SELECT message_id FROM matching
WHERE contains(source, '<') AND lower(split_part(split_part(source, '<', -1), '>', 1)) IN (FROM asked)
UNION ALL
SELECT message_id FROM matching WHERE lower(subject) IN (FROM asked)
UNION ALL
SELECT message_id FROM matching WHERE message_id IN (FROM asked)
UNION ALL
SELECT message_id FROM matching WHERE lower(trim(mail_message_id, '<>')) IN (FROM asked)
UNION ALL
SELECT message_id FROM matching WHERE recipient IN (FROM spelled)
UNION ALL
SELECT message_id FROM matching WHERE source IN (FROM spelled)
UNION ALL
SELECT message_id FROM matching WHERE subject IN (FROM spelled)
