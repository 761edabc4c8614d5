-- The store: what is known of each object, and a row for each event and recipient.
CREATE TABLE IF NOT EXISTS source (name VARCHAR);

CREATE TABLE IF NOT EXISTS objects (key VARCHAR, etag VARCHAR, size BIGINT);

CREATE TABLE IF NOT EXISTS entries (
  ts TIMESTAMP,
  day DATE,
  event_type VARCHAR,
  message_id VARCHAR,
  sent_at TIMESTAMP,
  recipient VARCHAR,
  recipient_domain VARCHAR,
  recipient_no INTEGER,
  recipients_n INTEGER,
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
  object_key VARCHAR,
  line_no INTEGER,
  event_key BIGINT,
  flaw VARCHAR,
  repeated BOOLEAN
);

CREATE VIEW IF NOT EXISTS history AS
SELECT
  * EXCLUDE (flaw, repeated)
  REPLACE (TRY(json_transform(tags, '"MAP(VARCHAR, VARCHAR[])"')) AS tags)
FROM entries
WHERE event_type IS NOT NULL AND NOT repeated;
