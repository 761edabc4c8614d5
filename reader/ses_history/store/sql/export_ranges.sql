-- The message ids that divide the rows into ranges of about $rows, as far as a sample of them tells.
SELECT DISTINCT min(message_id) AS id
FROM (
  SELECT
    message_id,
    (row_number() OVER (ORDER BY message_id) - 1) * ((SELECT count(*) FROM kept) // $rows + 1) // count(*) OVER () AS part
  FROM (SELECT message_id FROM kept WHERE message_id IS NOT NULL USING SAMPLE reservoir(10000 ROWS) REPEATABLE (1))
)
WHERE part > 0
GROUP BY part
ORDER BY id
