-- What lies under error/: events that Firehose could not deliver as it should, and why, over the last 30 days.
SELECT
  day,
  error_type,
  from_unixtime(CAST(json_extract_scalar(line, '$.arrivalTimestamp') AS bigint) / 1e3) AS arrived_at,
  json_extract_scalar(line, '$.errorCode') AS error_code,
  json_extract_scalar(line, '$.errorMessage') AS error_message,
  CAST(json_extract_scalar(line, '$.attemptsMade') AS integer) AS attempts,
  from_utf8(from_base64(json_extract_scalar(line, '$.rawData'))) AS event
FROM undelivered
WHERE CAST(day AS date) >= current_date - INTERVAL '30' DAY
ORDER BY arrived_at DESC
LIMIT 1000
