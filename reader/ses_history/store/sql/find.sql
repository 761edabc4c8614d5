-- The newest messages with a matching row that has the text: in its recipient, sender or subject, or as its id, of which
-- the first $id_length characters are enough. Each with the number of all such messages.
SELECT message_id, count(*) OVER () AS total
FROM (
  -- Each scan has a filter of one column: DuckDB then tests a column's distinct texts, and reads the rest for hits only.
  SELECT message_id, sent_at FROM matching
  WHERE message_id = $text OR (length($text) >= $id_length AND starts_with(message_id, $text))
  UNION ALL
  SELECT message_id, sent_at FROM matching WHERE contains(lower(recipient), lower($text))
  UNION ALL
  SELECT message_id, sent_at FROM matching WHERE contains(lower(source), lower($text))
  UNION ALL
  SELECT message_id, sent_at FROM matching WHERE contains(lower(subject), lower($text))
)
WHERE message_id IS NOT NULL
GROUP BY message_id
ORDER BY max(sent_at) DESC NULLS LAST, message_id
LIMIT $limit
