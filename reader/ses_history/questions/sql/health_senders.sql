-- Whom or which domains messages were sent from.
SELECT DISTINCT coalesce(from_domain, source) AS sender
FROM kept
WHERE event_type = 'Send' AND ts <= $now
