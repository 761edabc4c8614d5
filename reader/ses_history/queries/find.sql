-- The newest messages with a matching row that names the text: in its recipient, sender or subject, or as its id,
-- of which a beginning of $id_length will do.
SELECT message_id, max(sent_at) AS sent_at
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
ORDER BY sent_at DESC NULLS LAST, message_id
LIMIT $limit
