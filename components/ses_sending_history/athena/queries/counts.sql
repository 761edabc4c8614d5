-- Events by day and type, over the last 30 days. An event that names several recipients counts once.
SELECT
  CAST(ts AS date) AS happened_on,
  event_type,
  count(*) AS events
FROM history
WHERE day >= current_date - INTERVAL '30' DAY
  AND recipient_no = 1
GROUP BY 1, 2
ORDER BY 1 DESC, 2
