-- Counts and rates of the matching rows, by "group". Rates are of recipients sent to, as SES counts them. An address on the
-- account's suppression list was never tried and is in no rate. An open or click counts once, with the first recipient:
-- which of several it was is unknown.
-- https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
SELECT
  *,
  hard_bounced / nullif(sent, 0) AS hard_bounce_rate,
  soft_bounced / nullif(sent, 0) AS soft_bounce_rate,
  complained / nullif(sent, 0) AS complaint_rate
FROM (
  SELECT
    "group",
    CAST(sum(events) AS BIGINT) AS events,
    CAST(sum(sent) AS BIGINT) AS sent,
    CAST(sum(delivered) AS BIGINT) AS delivered,
    CAST(sum(hard_bounced) AS BIGINT) AS hard_bounced,
    CAST(sum(soft_bounced) AS BIGINT) AS soft_bounced,
    CAST(sum(suppressed) AS BIGINT) AS suppressed,
    CAST(sum(complained) AS BIGINT) AS complained,
    CAST(sum(opens) AS BIGINT) AS opens,
    CAST(sum(clicks) AS BIGINT) AS clicks,
    min(seconds) FILTER (WHERE delivered_by_then >= 0.5 * delivered_at_last) AS p50_seconds,
    min(seconds) FILTER (WHERE delivered_by_then >= 0.95 * delivered_at_last) AS p95_seconds
  FROM (
    SELECT
      *,
      sum(delivered) FILTER (WHERE seconds IS NOT NULL) OVER (PARTITION BY "group" ORDER BY seconds) AS delivered_by_then,
      sum(delivered) FILTER (WHERE seconds IS NOT NULL) OVER (PARTITION BY "group") AS delivered_at_last
    FROM (
      -- Counted by hundredths of a second first: quantiles of every single delivery would take memory for each.
      SELECT
        "group",
        CASE WHEN event_type = 'Delivery' THEN round(processing_ms / 1000, 2) END AS seconds,
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
        count(*) FILTER (WHERE event_type = 'Click' AND recipient_no = 1) AS clicks
      FROM grouped
      GROUP BY ALL
    )
  )
  GROUP BY "group"
)
ORDER BY "group"
