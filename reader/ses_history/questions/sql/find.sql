-- The newest of the messages in `standing` whose line has one of the statuses. A message's line is about a recipient of a
-- selected row: who was looked for, if anybody was. Each has the number of all such messages, and how many stand how.
SELECT message_id, count(*) OVER () AS total, {counts}
FROM (
  SELECT
    message_id,
    max(sent_at) AS sent_at,
    coalesce(
      min_by(status, address) FILTER (WHERE asked AND looked_for),
      CASE WHEN NOT bool_or(looked_for) THEN min_by(status, address) FILTER (WHERE asked) END
    ) AS status
  FROM (SELECT *, {has_status} AS asked FROM standing WHERE selected) AS of_selected
  GROUP BY message_id
) AS of_messages
WHERE status IS NOT NULL
ORDER BY sent_at DESC NULLS LAST, message_id
LIMIT $limit
