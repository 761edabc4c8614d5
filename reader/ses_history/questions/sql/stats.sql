-- Counts and rates of the `grouped` rows, by "group" and, last, of all. Rates are of recipients sent to, as SES counts
-- them. In no rate are tests, automatic replies, and whoever SES did not try to reach. An event, an open, a click or a
-- complaint counts once, with the first of the rows: which recipient of several it was is unknown.
-- https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
SELECT
  *,
  CAST(hard_bounced AS double) / nullif(sent, 0) AS hard_bounce_rate,
  CAST(soft_bounced AS double) / nullif(sent, 0) AS soft_bounce_rate,
  CAST(complained AS double) / nullif(sent, 0) AS complaint_rate
FROM (
  SELECT
    is_total,
    "group",
    CAST(sum(events) AS bigint) AS events,
    CAST(sum(tests) AS bigint) AS tests,
    CAST(sum(sent) AS bigint) AS sent,
    CAST(sum(delivered) AS bigint) AS delivered,
    CAST(sum(hard_bounced) AS bigint) AS hard_bounced,
    CAST(sum(soft_bounced) AS bigint) AS soft_bounced,
    CAST(sum(suppressed) AS bigint) AS suppressed,
    CAST(sum(complained) AS bigint) AS complained,
    CAST(sum(replies) AS bigint) AS replies,
    CAST(sum(opens_by_people) AS bigint) AS opens_by_people,
    CAST(sum(opens_by_machines) AS bigint) AS opens_by_machines,
    CAST(sum(opens_unknown) AS bigint) AS opens_unknown,
    CAST(sum(clicks_by_people) AS bigint) AS clicks_by_people,
    CAST(sum(clicks_by_machines) AS bigint) AS clicks_by_machines,
    CAST(sum(clicks_unknown) AS bigint) AS clicks_unknown,
    min(seconds) FILTER (WHERE delivered_by_then >= 0.5 * delivered_at_last) AS p50_seconds,
    min(seconds) FILTER (WHERE delivered_by_then >= 0.95 * delivered_at_last) AS p95_seconds
  FROM (
    SELECT
      *,
      sum(CASE WHEN seconds IS NOT NULL THEN delivered END) OVER (PARTITION BY is_total, "group" ORDER BY seconds)
        AS delivered_by_then,
      sum(CASE WHEN seconds IS NOT NULL THEN delivered END) OVER (PARTITION BY is_total, "group") AS delivered_at_last
    FROM (
      SELECT
        grouping("group") = 1 AS is_total,
        "group",
        seconds,
        sum(events) AS events,
        sum(tests) AS tests,
        sum(sent) AS sent,
        sum(delivered) AS delivered,
        sum(hard_bounced) AS hard_bounced,
        sum(soft_bounced) AS soft_bounced,
        sum(suppressed) AS suppressed,
        sum(complained) AS complained,
        sum(replies) AS replies,
        sum(opens_by_people) AS opens_by_people,
        sum(opens_by_machines) AS opens_by_machines,
        sum(opens_unknown) AS opens_unknown,
        sum(clicks_by_people) AS clicks_by_people,
        sum(clicks_by_machines) AS clicks_by_machines,
        sum(clicks_unknown) AS clicks_unknown
      FROM (
        -- By hundredths of a second first: quantiles of every single delivery would take memory for each.
        SELECT
          "group",
          CASE WHEN counted = 'Delivery' THEN round(CAST(processing_ms AS double) / 1000, 2) END AS seconds,
          count(*) FILTER (WHERE is_first) AS events,
          count(*) FILTER (WHERE event_type = 'Send' AND is_test) AS tests,
          count(*) FILTER (WHERE counted = 'Send') AS sent,
          count(*) FILTER (WHERE counted = 'Delivery') AS delivered,
          count(*) FILTER (WHERE counted = 'bounced:hard') AS hard_bounced,
          count(*) FILTER (WHERE counted = 'bounced:soft') AS soft_bounced,
          count(*) FILTER (WHERE counted = 'suppressed') AS suppressed,
          count(*) FILTER (WHERE counted = 'complained' AND is_first_of_people) AS complained,
          count(*) FILTER (WHERE counted = 'replied') AS replies,
          count(*) FILTER (WHERE counted = 'Open' AND is_first_of_people AND NOT is_bot) AS opens_by_people,
          count(*) FILTER (WHERE counted = 'Open' AND is_first_of_people AND is_bot) AS opens_by_machines,
          count(*) FILTER (WHERE counted = 'Open' AND is_first_of_people AND is_bot IS NULL) AS opens_unknown,
          count(*) FILTER (WHERE counted = 'Click' AND is_first_of_people AND NOT is_bot) AS clicks_by_people,
          count(*) FILTER (WHERE counted = 'Click' AND is_first_of_people AND is_bot) AS clicks_by_machines,
          count(*) FILTER (WHERE counted = 'Click' AND is_first_of_people AND is_bot IS NULL) AS clicks_unknown
        FROM (
          SELECT *, CASE WHEN NOT is_test THEN coalesce(outcome, event_type) END AS counted
          FROM (
            SELECT *, true AS is_first, true AS is_first_of_people FROM grouped WHERE recipient_count <= 1
            UNION ALL
            SELECT
              *,
              row_number() OVER (PARTITION BY object_no, line_no, message_id, event_type, ts ORDER BY recipient_no) = 1,
              row_number() OVER (
                PARTITION BY object_no, line_no, message_id, event_type, ts, is_test ORDER BY recipient_no
              ) = 1
            FROM grouped
            WHERE recipient_count > 1
          ) AS numbered
        ) AS told
        GROUP BY 1, 2
      ) AS counted
      GROUP BY GROUPING SETS (("group", seconds), (seconds))
    ) AS of_all_too
  ) AS running
  GROUP BY is_total, "group"
) AS summed
ORDER BY is_total, "group"
