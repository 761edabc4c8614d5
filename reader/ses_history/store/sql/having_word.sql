-- The messages with a matching row that has the word: in its recipient, sender, subject or own Message-ID, or as its
-- id, of which the first $id_length characters are enough.
-- Each scan has a filter of one column: DuckDB then tests a column's distinct texts, and reads the rest for hits only.
SELECT message_id FROM matching
WHERE message_id = $word OR (length($word) >= $id_length AND starts_with(message_id, $word))
UNION ALL
SELECT message_id FROM matching WHERE contains(lower(mail_message_id), $word)
UNION ALL
SELECT message_id FROM matching WHERE contains(lower(recipient), $word)
UNION ALL
SELECT message_id FROM matching WHERE contains(lower(source), $word)
UNION ALL
SELECT message_id FROM matching WHERE contains(lower(subject), $word)
UNION ALL
SELECT message_id FROM matching WHERE recipient IN (SELECT text FROM spellings WHERE contains(comparable, $word))
UNION ALL
SELECT message_id FROM matching WHERE source IN (SELECT text FROM spellings WHERE contains(comparable, $word))
UNION ALL
SELECT message_id FROM matching WHERE subject IN (SELECT text FROM spellings WHERE contains(comparable, $word))
