-- The domains whose mail servers take longest to accept a message, over the last 7 days.
-- Of each, half and 95 % of the deliveries took so many seconds or less. Domains with few deliveries are left out.
SELECT
  recipient_domain,
  count(*) AS delivered,
  approx_percentile(processing_ms / 1e3, 0.5) AS p50_seconds,
  approx_percentile(processing_ms / 1e3, 0.95) AS p95_seconds
FROM history
WHERE day >= current_date - INTERVAL '7' DAY
  AND event_type = 'Delivery'
  AND NOT is_test
GROUP BY recipient_domain
HAVING count(*) >= 20
ORDER BY p95_seconds DESC
LIMIT 50
