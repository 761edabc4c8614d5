-- The store: the objects that were read, and an entry for each event and recipient, or for an invalid line.
-- `history` is what questions are asked of: contract/columns.toml describes its columns.
CREATE TABLE store (source VARCHAR, version VARCHAR);

CREATE TABLE objects (object_no INTEGER, key VARCHAR, etag VARCHAR, day DATE);

CREATE TABLE entries (
  ts TIMESTAMP,
  event_type VARCHAR,
  message_id VARCHAR,
  sent_at TIMESTAMP,
  recipient VARCHAR,
  recipient_domain VARCHAR,
  recipient_no INTEGER,
  recipient_count INTEGER,
  source VARCHAR,
  subject VARCHAR,
  configuration_set VARCHAR,
  from_domain VARCHAR,
  account_id VARCHAR,
  tags VARCHAR USING COMPRESSION zstd,
  bounce_type VARCHAR,
  bounce_sub_type VARCHAR,
  smtp_status VARCHAR,
  smtp_response VARCHAR,
  reporting_mta VARCHAR,
  processing_ms BIGINT,
  delay_type VARCHAR,
  delay_expires_at TIMESTAMP,
  complaint_type VARCHAR,
  feedback_id VARCHAR,
  user_agent VARCHAR,
  ip VARCHAR,
  link VARCHAR,
  reason VARCHAR,
  template_name VARCHAR,
  contact_list VARCHAR,
  object_no INTEGER,
  line_no INTEGER,
  invalid VARCHAR,
  duplicate BOOLEAN,
  event VARCHAR GENERATED ALWAYS AS (concat_ws(
    chr(31), event_type, message_id, epoch_ms(ts), recipient_no, recipient, feedback_id, smtp_response, ip, user_agent,
    link
  ))
);

CREATE VIEW history AS
SELECT
  ts,
  day,
  entries.* EXCLUDE (ts, object_no, line_no, invalid, duplicate, event)
  REPLACE (TRY(json_transform(tags, '"MAP(VARCHAR, VARCHAR[])"')) AS tags),
  key AS object_key,
  line_no,
  -- 63 bits: a whole number in every format the rows are exported to
  CAST(md5_number_lower(event) >> 1 AS BIGINT) AS event_key
FROM entries
JOIN objects USING (object_no)
WHERE event_type IS NOT NULL AND NOT duplicate;
