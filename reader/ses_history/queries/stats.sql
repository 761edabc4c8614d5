-- Counts and rates of the matching rows, by "group". Rates are of recipients sent to, as SES counts them; what is on the
-- account's suppression list was never tried and is in no rate. An open or a click counts once an event, since
-- which of several recipients it was is unknown.
-- https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
SELECT
  *,
  hard_bounced / nullif(sent, 0) AS hard_bounce_rate,
  soft_bounced / nullif(sent, 0) AS soft_bounce_rate,
  complained / nullif(sent, 0) AS complaint_rate
FROM (
  SELECT
    "group",
    count(*) FILTER (WHERE recipient_no = 1) AS events,
    count(*) FILTER (WHERE event_type = 'Send') AS sent,
    count(*) FILTER (WHERE event_type = 'Delivery') AS delivered,
    count(*) FILTER (
      WHERE bounce_type = 'Permanent' AND bounce_sub_type IS DISTINCT FROM 'OnAccountSuppressionList'
    ) AS hard_bounced,
    count(*) FILTER (WHERE event_type = 'Bounce' AND bounce_type IS DISTINCT FROM 'Permanent') AS soft_bounced,
    count(*) FILTER (
      WHERE bounce_sub_type = 'OnAccountSuppressionList' OR complaint_type = 'OnAccountSuppressionList'
    ) AS suppressed,
    count(*) FILTER (
      WHERE event_type = 'Complaint' AND coalesce(complaint_type, '') NOT IN ('not-spam', 'OnAccountSuppressionList')
    ) AS complained,
    count(*) FILTER (WHERE event_type = 'Open' AND recipient_no = 1) AS opens,
    count(*) FILTER (WHERE event_type = 'Click' AND recipient_no = 1) AS clicks,
    quantile_cont(processing_ms, 0.5) FILTER (WHERE event_type = 'Delivery') / 1000 AS p50_seconds,
    quantile_cont(processing_ms, 0.95) FILTER (WHERE event_type = 'Delivery') / 1000 AS p95_seconds
  FROM grouped
  GROUP BY "group"
) AS counted
ORDER BY "group"
