-- The matching rows with what their codes say: the outcome, and the enhanced status code (RFC 3463), from the reply where
-- SES tells none.
SELECT
  *,
  lower(recipient) AS address,
  {outcome} AS outcome,
  coalesce(smtp_status, nullif(regexp_extract(smtp_response, '\b[245]\.\d{1,3}\.\d{1,3}\b'), '')) AS enhanced_code
FROM matching
