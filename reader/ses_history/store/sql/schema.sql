-- The store: the objects that were read, and an entry for each event and recipient, or for an invalid line.
-- `history` is what questions are asked of: contract/columns.toml describes its columns.
-- All objects were listed at `listed_at`; of these, those before the day `since` are not read, unless it is NULL.
CREATE TABLE store (source VARCHAR, version VARCHAR, listed_at TIMESTAMP, since DATE);

CREATE TABLE objects (object_no INTEGER, key VARCHAR, etag VARCHAR, day DATE);

CREATE TABLE unread (key VARCHAR, reason VARCHAR);

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
  cc VARCHAR,
  reply_to VARCHAR,
  mail_message_id VARCHAR,
  configuration_set VARCHAR,
  from_domain VARCHAR,
  tenant VARCHAR,
  source_arn VARCHAR,
  account_id VARCHAR,
  tags VARCHAR USING COMPRESSION zstd,
  bounce_type VARCHAR,
  bounce_sub_type VARCHAR,
  action VARCHAR,
  smtp_status VARCHAR,
  smtp_response VARCHAR,
  reporting_mta VARCHAR,
  remote_mta_ip VARCHAR,
  processing_ms BIGINT,
  delay_type VARCHAR,
  delay_expires_at TIMESTAMP,
  complaint_type VARCHAR,
  complaint_sub_type VARCHAR,
  arrival_date TIMESTAMP,
  feedback_id VARCHAR,
  user_agent VARCHAR,
  ip VARCHAR,
  is_bot BOOLEAN,
  link VARCHAR,
  link_tags VARCHAR,
  reason VARCHAR,
  template_name VARCHAR,
  contact_list VARCHAR,
  subscription_source VARCHAR,
  unsubscribed BOOLEAN,
  topics VARCHAR,
  is_test BOOLEAN,
  provider VARCHAR,
  object_no INTEGER,
  line_no INTEGER,
  invalid VARCHAR,
  invalid_lines INTEGER,
  duplicate BOOLEAN,
  event VARCHAR GENERATED ALWAYS AS (concat_ws(
    chr(31), event_type, message_id, epoch_ms(ts), recipient_no, recipient, feedback_id, smtp_response, ip, user_agent,
    link
  ))
);

-- What texts are compared as, where that is not what lower() makes of them.
CREATE TABLE spellings (text VARCHAR, comparable VARCHAR);

-- What Athena calls functions that DuckDB has by other names: questions are one text for both.
CREATE MACRO date_format(moment, format) AS strftime(moment, format);
CREATE MACRO with_timezone(moment, zone) AS timezone(zone, moment);

-- The moment that a text tells, in UTC. Nearly all are as SES writes them, and quicker to read.
CREATE MACRO utc(text) AS coalesce(
  CASE WHEN ends_with(text, 'Z') THEN TRY_CAST(text AS TIMESTAMP) END,
  CASE
    WHEN regexp_matches(text, '^\d{9,10}(\.\d+)?$') THEN make_timestamp(TRY_CAST(TRY_CAST(text AS DOUBLE) * 1000000 AS BIGINT))
    WHEN regexp_matches(text, '^\d{12,13}$') THEN epoch_ms(TRY_CAST(text AS BIGINT))
    WHEN regexp_matches(text, '^\d{8}T\d{6}Z?$') THEN try_strptime(rtrim(text, 'Z'), '%Y%m%dT%H%M%S')
    WHEN regexp_matches(text, '^-?\d') THEN TRY_CAST(
      regexp_replace(replace(upper(text), ',', '.'), '\s+([+-]\d\d)', '\1') AS TIMESTAMPTZ
    ) AT TIME ZONE 'UTC'
    WHEN regexp_matches(text, '^[A-Z][a-z]{2}, ') THEN try_strptime(text, '%a, %d %b %Y %H:%M:%S %z') AT TIME ZONE 'UTC'
  END
);

-- The address alone, of `Name <address>` and other ways to write it as well; NULL for none.
CREATE MACRO bare(address) AS CASE
  WHEN regexp_matches(address, '[<"(;\s]|\.$|^$') THEN nullif(rtrim(regexp_replace(regexp_replace(
    trim(
      regexp_replace(
        CASE WHEN contains(address, '<') THEN split_part(split_part(address, '<', -1), '>', 1) ELSE address END,
        '\([^()]*\)', '', 'g'
      ),
      chr(9) || chr(10) || chr(13) || ' '
    ),
    '^(?i)rfc822;\s*', ''), '^"([^"\\\s@()<>,;:]+)"@', '\1@'), '.'), '')
  ELSE address
END;

-- The only address of a list, in whatever spellings; NULL where there are several or none.
CREATE MACRO only_one(addresses) AS CASE
  WHEN len(addresses) = 1 THEN bare(addresses[1])
  WHEN len(addresses) > 1 THEN CASE
    WHEN len(list_distinct(list_transform(addresses, lambda each: lower(bare(each))))) = 1 THEN bare(addresses[1])
  END
END;

-- The moment, where programs have it in their calendars: they end with the year 9999.
CREATE MACRO in_calendar(moment) AS
  CASE WHEN moment BETWEEN '0001-01-01' AND '9999-12-31 23:59:59.999999' THEN moment END;

-- Whether people may not read the text as it is: it has encoded words, is folded, or is not in normal form.
CREATE MACRO may_be_unreadable(text) AS
  contains(text, '=?') OR contains(lower(text), 'xn--') OR contains(text, chr(10)) OR contains(text, chr(13))
  OR text <> nfc_normalize(text);

-- The rows of history without what their objects tell, which most questions do without; maps are JSON still.
CREATE VIEW kept AS
SELECT
  * EXCLUDE (invalid, invalid_lines, duplicate)
  RENAME (tags AS tags_json, link_tags AS link_tags_json, topics AS topics_json)
FROM entries
WHERE event_type IS NOT NULL AND NOT duplicate;

CREATE VIEW stored AS
SELECT
  ts,
  day,
  kept.* EXCLUDE (ts, object_no, line_no, event),
  key AS object_key,
  line_no,
  -- 63 bits: a whole number in every format the rows are exported to
  CAST(md5_number_lower(event) >> 1 AS BIGINT) AS event_key
FROM kept
JOIN objects USING (object_no);

CREATE VIEW history AS
SELECT * RENAME (tags_json AS tags, link_tags_json AS link_tags, topics_json AS topics)
FROM (
  SELECT * REPLACE (
    TRY(json_transform(tags_json, '"MAP(VARCHAR, VARCHAR[])"')) AS tags_json,
    TRY(json_transform(link_tags_json, '"MAP(VARCHAR, VARCHAR[])"')) AS link_tags_json,
    TRY(json_transform(topics_json, '"MAP(VARCHAR, VARCHAR)"')) AS topics_json
  )
  FROM stored
);
