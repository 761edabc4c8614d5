-- The messages with a matching row that has one of $values, whole: as its recipient, sender, subject or id.
-- As in having_word.sql, each scan has a filter of one column.
SELECT message_id FROM matching WHERE contains($values, lower(recipient))
UNION ALL
SELECT message_id FROM matching WHERE contains($values, lower(source))
UNION ALL
SELECT message_id FROM matching
WHERE contains($values, lower(split_part(split_part(source, '<', -1), '>', 1)))
UNION ALL
SELECT message_id FROM matching WHERE contains($values, lower(subject))
UNION ALL
SELECT message_id FROM matching WHERE contains($values, message_id)
UNION ALL
SELECT message_id FROM matching WHERE contains($values, lower(trim(mail_message_id, '<>')))
UNION ALL
SELECT message_id FROM matching
WHERE recipient IN (SELECT text FROM spellings WHERE contains($values, comparable))
UNION ALL
SELECT message_id FROM matching
WHERE source IN (SELECT text FROM spellings WHERE contains($values, comparable))
UNION ALL
SELECT message_id FROM matching
WHERE subject IN (SELECT text FROM spellings WHERE contains($values, comparable))
