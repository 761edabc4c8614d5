-- Since when $volume eligible recipients were sent to, by the full hour; NULL where these are fewer. With it, since when
-- there are any. A suppressed recipient has a Send too, of the same time.
SELECT max(hour) FILTER (WHERE eligible_since >= $volume) AS since, min(hour) AS first
FROM (
  SELECT hour, sum(eligible) OVER (ORDER BY hour DESC) AS eligible_since
  FROM (
    SELECT date_trunc('hour', sent_at) AS hour, sum(one) AS eligible
    FROM (
      SELECT sent_at, 1 AS one
      FROM coded
      WHERE event_type = 'Send' AND NOT is_own
      UNION ALL
      SELECT sent_at, -1
      FROM (SELECT DISTINCT sent_at, message_id, address FROM told WHERE outcome = 'suppressed' AND NOT is_own) AS suppressed
    ) AS people
    GROUP BY date_trunc('hour', sent_at)
  ) AS by_hour
) AS since_hour
