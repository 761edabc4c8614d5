-- The last key of the days after whose objects none comes any more, and before which none comes; NULL where keys do not sort
-- by day. Firehose writes a record that it retries, for 24 hours, under the day of the oldest in its object.
WITH days AS (
  SELECT day, min(key) AS first_key, max(key) AS last_key
  FROM objects
  GROUP BY day
)

SELECT max(last_key) FILTER (WHERE day < newest - 2) AS key
FROM (SELECT *, max(day) OVER () AS newest, lag(last_key) OVER (ORDER BY day NULLS FIRST) AS before FROM days)
HAVING bool_and(day IS NOT NULL AND first_key > coalesce(before, ''))
