-- The view `history`: a row for each event and recipient in the table `lines`, as contract/columns.toml describes it.
-- A line may hold anything: what could raise stands in TRY, and what cannot be read is NULL.
-- https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-firehose-contents.html
WITH
-- These two are read from the text, as far as they stand in it: a question that names one parses few lines.
typed AS (
  SELECT
    day,
    "$path" AS path,
    line,
    json_extract_scalar(line, '$.eventType') AS event_type,
    json_extract_scalar(line, '$.mail.messageId') AS message_id
  FROM lines
),

parsed AS (
  SELECT
    *,
    TRY(CAST(json_parse(line) AS map(varchar, json))) AS event
  FROM typed
  WHERE event_type IS NOT NULL
),

events AS (
  SELECT
    day,
    path,
    event_type,
    message_id,
    TRY(CAST(element_at(event, 'mail') AS map(varchar, json))) AS mail,
    element_at(
      event,
      CASE event_type
        WHEN 'Bounce' THEN 'bounce'
        WHEN 'Complaint' THEN 'complaint'
        WHEN 'Delivery' THEN 'delivery'
        WHEN 'DeliveryDelay' THEN 'deliveryDelay'
        WHEN 'Open' THEN 'open'
        WHEN 'Click' THEN 'click'
        WHEN 'Reject' THEN 'reject'
        WHEN 'Rendering Failure' THEN 'failure'
        WHEN 'Subscription' THEN 'subscription'
      END
    ) AS section
  FROM parsed
),

sections AS (
  SELECT
    *,
    element_at(mail, 'commonHeaders') AS common_headers,
    TRY(CAST(element_at(mail, 'headers') AS array(json))) AS headers,
    element_at(mail, 'tags') AS mail_tags,
    TRY(CAST(element_at(mail, 'destination') AS array(json))) AS destination,
    TRY(CAST(
      CASE event_type
        WHEN 'Bounce' THEN json_extract(section, '$.bouncedRecipients')
        WHEN 'Complaint' THEN json_extract(section, '$.complainedRecipients')
        WHEN 'Delivery' THEN json_extract(section, '$.recipients')
        WHEN 'DeliveryDelay' THEN json_extract(section, '$.delayedRecipients')
        ELSE element_at(mail, 'destination')
      END AS array(json)
    )) AS named,
    -- Nearly all times are as SES writes them. Others lack T or colons, are in seconds or milliseconds, or as in mail.
    transform(
      transform(
        ARRAY[
          json_extract_scalar(element_at(mail, 'timestamp'), '$'),
          IF(event_type NOT IN ('Reject', 'Rendering Failure'), json_extract_scalar(section, '$.timestamp')),
          IF(event_type = 'DeliveryDelay', json_extract_scalar(section, '$.expirationTime')),
          IF(event_type = 'Complaint', json_extract_scalar(section, '$.arrivalDate'))
        ],
        text -> TRY(CAST(
          CASE
            WHEN regexp_like(text, '^\d{4}-\d\d-\d\d') THEN from_iso8601_timestamp(
              regexp_replace(upper(text), '^([\d-]{10})[T\s]\s*([\d:.,]+)\s*(Z|[+-][\d:]+|)$', '$1T$2$3')
            )
            WHEN regexp_like(text, '^\d{8}T\d{6}Z?$') THEN from_iso8601_timestamp(
              regexp_replace(text, '^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z?$', '$1-$2-$3T$4:$5:$6')
            )
            WHEN regexp_like(text, '^\d{9,10}(\.\d+)?$') THEN from_unixtime(CAST(text AS double))
            WHEN regexp_like(text, '^\d{12,13}$') THEN from_unixtime(CAST(text AS double) / 1000)
            WHEN regexp_like(text, '^[A-Z][a-z]{2}, ') THEN parse_datetime(substr(text, 6), 'dd MMM yyyy HH:mm:ss Z')
          END AT TIME ZONE 'UTC' AS timestamp(3)
        ))
      ),
      moment -> IF(moment BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999', moment)
    ) AS moments
  FROM events
  WHERE mail IS NOT NULL
),

-- The addresses alone, of `Name <address>` and other ways to write it: of whom the event names, and of all whom the
-- message was for.
bare AS (
  SELECT
    *,
    transform(
      ARRAY[
        IF(
          event_type IN ('Bounce', 'Complaint', 'DeliveryDelay'),
          transform(named, each -> json_extract_scalar(each, '$.emailAddress')),
          transform(named, each -> json_extract_scalar(each, '$'))
        ),
        transform(destination, each -> json_extract_scalar(each, '$'))
      ],
      list -> transform(
        transform(
          list,
          address -> normalize(
            IF(
              regexp_like(address, '[<"(;\s]|\.$'),
              trim(TRAILING '.' FROM regexp_replace(
                regexp_replace(
                  trim(regexp_replace(
                    IF(strpos(address, '<') > 0, split_part(element_at(split(address, '<'), -1), '>', 1), address),
                    '\([^()]*\)'
                  )),
                  '^(?i)rfc822;\s*'
                ),
                '^"([^"\\\s@()<>,;:]+)"@',
                '$1@'
              )),
              address
            ),
            NFC
          )
        ),
        address -> IF(address <> '', address)
      )
    ) AS addresses
  FROM sections
),

-- A report that names nobody, or one without an address, is about the only one whom the message was for.
only AS (
  SELECT
    *,
    IF(
      cardinality(array_distinct(filter(
        transform(element_at(addresses, 2), address -> lower(address)), address -> address IS NOT NULL
      ))) = 1,
      element_at(element_at(addresses, 2), 1)
    ) AS only_one
  FROM bare
),

-- Who is named twice, in whatever case, is one.
people AS (
  SELECT
    *,
    IF(
      cardinality(named) > 1,
      reduce(
        CAST(zip(element_at(addresses, 1), named) AS array(row(address varchar, report json))),
        CAST(ARRAY[] AS array(row(address varchar, report json))),
        (kept, each) -> IF(any_match(kept, other -> lower(other.address) = lower(each.address)), kept, kept || each),
        kept -> kept
      ),
      ARRAY[CAST(
        ROW(coalesce(element_at(element_at(addresses, 1), 1), only_one), element_at(named, 1))
        AS row(address varchar, report json)
      )]
    ) AS recipients
  FROM only
),

-- Texts as people read them: unfolded, in the form NFC, encoded words (RFC 2047) in UTF-8 decoded, in a row as one.
headers_read AS (
  SELECT
    *,
    transform(
      ARRAY[
        json_extract_scalar(element_at(mail, 'source'), '$'),
        coalesce(
          json_extract_scalar(common_headers, '$.subject'),
          json_extract_scalar(
            element_at(filter(headers, header -> lower(json_extract_scalar(header, '$.name')) = 'subject'), 1),
            '$.value'
          )
        ),
        array_join(
          nullif(
            filter(TRY(CAST(json_extract(common_headers, '$.cc') AS array(varchar))), each -> each IS NOT NULL),
            ARRAY[]
          ),
          ', '
        ),
        array_join(
          nullif(
            filter(TRY(CAST(json_extract(common_headers, '$.replyTo') AS array(varchar))), each -> each IS NOT NULL),
            ARRAY[]
          ),
          ', '
        )
      ],
      header -> normalize(
        regexp_replace(
          regexp_replace(
            regexp_replace(regexp_replace(header, '\r?\n(?=[ \t])'), '[\r\n]+', ' '),
            '((?:=\?(?i:utf[-_]?8|us-ascii)(?:\*[^?\s]*)?\?[bBqQ]\?[^?]*\?='
              || '(?:\s+(?==\?(?i:utf[-_]?8|us-ascii)[?*]))?)+)',
            words -> coalesce(
              TRY(reduce(
                regexp_extract_all(words[1], '\?([bBqQ]\?[^?]*)\?=', 1),
                from_hex(''),
                (octets, word) -> octets || IF(
                  lower(substr(word, 1, 1)) = 'b',
                  from_base64(regexp_replace(substr(word, 3), '[^A-Za-z0-9+/]')),
                  reduce(
                    regexp_extract_all(substr(word, 3), '=[0-9A-Fa-f]{2}|[^=]+|='),
                    from_hex(''),
                    (read, part) -> read || IF(
                      length(part) = 3 AND substr(part, 1, 1) = '=',
                      from_hex(substr(part, 2)),
                      to_utf8(replace(part, '_', ' '))
                    ),
                    read -> read
                  )
                ),
                octets -> from_utf8(octets)
              )),
              words[1]
            )
          ),
          '[\r\n]+',
          ' '
        ),
        NFC
      )
    ) AS texts
  FROM people
),

rows AS (
  SELECT
    coalesce(moments[2], moments[1]) AS ts,
    day,
    event_type,
    message_id,
    moments[1] AS sent_at,
    recipient,
    IF(strpos(recipient, '@') > 0, lower(element_at(split(recipient, '@'), -1))) AS recipient_domain,
    CAST(recipient_no AS integer) AS recipient_no,
    CAST(
      IF(cardinality(named) > 1, cardinality(recipients), IF(cardinality(named) = 1 OR only_one IS NOT NULL, 1, 0))
      AS integer
    ) AS recipient_count,
    texts[1] AS source,
    texts[2] AS subject,
    texts[3] AS cc,
    texts[4] AS reply_to,
    json_extract_scalar(
      element_at(filter(headers, header -> lower(json_extract_scalar(header, '$.name')) = 'message-id'), 1), '$.value'
    ) AS mail_message_id,
    json_extract_scalar(mail_tags, '$["ses:configuration-set"][0]') AS configuration_set,
    json_extract_scalar(mail_tags, '$["ses:from-domain"][0]') AS from_domain,
    json_extract_scalar(mail_tags, '$["ses:tenant-name"][0]') AS tenant,
    json_extract_scalar(element_at(mail, 'sourceArn'), '$') AS source_arn,
    json_extract_scalar(element_at(mail, 'sendingAccountId'), '$') AS account_id,
    mail_tags,
    section,
    report,
    moments[3] AS delay_expires_at,
    moments[4] AS arrival_date,
    IF(event_type IN ('Bounce', 'Complaint'), json_extract_scalar(section, '$.feedbackId')) AS feedback_id,
    nullif(
      coalesce(
        IF(event_type = 'Delivery', json_extract_scalar(section, '$.smtpResponse')),
        IF(event_type IN ('Bounce', 'DeliveryDelay'), json_extract_scalar(report, '$.diagnosticCode'))
      ),
      ''
    ) AS smtp_response,
    IF(event_type IN ('Open', 'Click', 'Complaint'), json_extract_scalar(section, '$.userAgent')) AS user_agent,
    IF(event_type IN ('Open', 'Click'), json_extract_scalar(section, '$.ipAddress')) AS ip,
    IF(event_type = 'Click', json_extract_scalar(section, '$.link')) AS link,
    path
  FROM headers_read
  CROSS JOIN UNNEST(recipients) WITH ORDINALITY AS each (recipient, report, recipient_no)
),

keyed AS (
  SELECT
    *,
    -- 63 bits of an MD5, of whose last eight bytes the last is the first.
    bitwise_right_shift(
      from_big_endian_64(reverse(substr(
        md5(to_utf8(concat_ws(
          chr(31),
          event_type,
          message_id,
          CAST(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00', ts) AS varchar),
          CAST(recipient_no AS varchar),
          recipient,
          feedback_id,
          smtp_response,
          ip,
          user_agent,
          link
        ))),
        9
      ))),
      1
    ) AS event_key
  FROM rows
),

-- Firehose may deliver a record twice. `day` is among what they are compared by, so that a question about some days
-- reads no others; the next three are, so that what it asks of them is looked at before anything is compared.
numbered AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY day, event_type, message_id, recipient, event_key ORDER BY path) AS occurrence
  FROM keyed
)

SELECT
  ts,
  CAST(day AS date) AS day,
  event_type,
  message_id,
  sent_at,
  recipient,
  recipient_domain,
  recipient_no,
  recipient_count,
  source,
  subject,
  cc,
  reply_to,
  mail_message_id,
  configuration_set,
  from_domain,
  tenant,
  source_arn,
  account_id,
  transform_values(
    TRY(CAST(mail_tags AS map(varchar, json))), (tag, texts) -> TRY(CAST(texts AS array(varchar)))
  ) AS tags,
  json_extract_scalar(section, '$.bounceType') AS bounce_type,
  json_extract_scalar(section, '$.bounceSubType') AS bounce_sub_type,
  IF(event_type = 'Bounce', nullif(json_extract_scalar(report, '$.action'), '')) AS action,
  IF(event_type IN ('Bounce', 'DeliveryDelay'), nullif(json_extract_scalar(report, '$.status'), '')) AS smtp_status,
  smtp_response,
  json_extract_scalar(section, '$.reportingMTA') AS reporting_mta,
  json_extract_scalar(section, '$.remoteMtaIp') AS remote_mta_ip,
  TRY_CAST(json_extract_scalar(section, '$.processingTimeMillis') AS bigint) AS processing_ms,
  json_extract_scalar(section, '$.delayType') AS delay_type,
  delay_expires_at,
  json_extract_scalar(section, '$.complaintFeedbackType') AS complaint_type,
  json_extract_scalar(section, '$.complaintSubType') AS complaint_sub_type,
  arrival_date,
  feedback_id,
  user_agent,
  ip,
  CASE json_extract_scalar(section, '$.isBotEvent') WHEN 'Likely' THEN true WHEN 'Unlikely' THEN false END AS is_bot,
  link,
  transform_values(
    TRY(CAST(json_extract(section, '$.linkTags') AS map(varchar, json))),
    (tag, texts) -> TRY(CAST(texts AS array(varchar)))
  ) AS link_tags,
  coalesce(json_extract_scalar(section, '$.reason'), json_extract_scalar(section, '$.errorMessage')) AS reason,
  json_extract_scalar(section, '$.templateName') AS template_name,
  json_extract_scalar(section, '$.contactList') AS contact_list,
  IF(event_type = 'Subscription', json_extract_scalar(section, '$.source')) AS subscription_source,
  TRY_CAST(json_extract_scalar(section, '$.newTopicPreferences.unsubscribeAll') AS boolean) AS unsubscribed,
  TRY(map_from_entries(transform(
    CAST(json_extract(section, '$.newTopicPreferences.topicSubscriptionStatus') AS array(json)),
    topic -> ROW(
      coalesce(json_extract_scalar(topic, '$.topicName'), ''), json_extract_scalar(topic, '$.subscriptionStatus')
    )
  ))) AS topics,
  json_extract_scalar(mail_tags, '$["ses-history-test"][0]') IS NOT NULL
    OR recipient_domain IS NOT DISTINCT FROM 'simulator.amazonses.com' AS is_test,
  CASE
    WHEN recipient_domain IN ('gmail.com', 'googlemail.com') THEN 'gmail'
    WHEN recipient_domain IN (
      'outlook.com', 'outlook.jp', 'outlook.fr', 'outlook.de', 'outlook.es', 'outlook.it', 'outlook.com.br',
      'outlook.co.th', 'hotmail.com', 'hotmail.co.jp', 'hotmail.co.uk', 'hotmail.fr', 'hotmail.de', 'hotmail.es',
      'hotmail.it', 'hotmail.be', 'hotmail.nl', 'hotmail.com.br', 'live.com', 'live.jp', 'live.co.uk', 'live.fr',
      'live.nl', 'live.de', 'live.it', 'live.se', 'live.dk', 'live.no', 'live.ca', 'live.cn', 'live.be', 'live.com.au',
      'live.com.mx', 'live.com.pt', 'msn.com', 'passport.com', 'windowslive.com'
    ) THEN 'outlook'
    WHEN recipient_domain IN (
      'yahoo.com', 'yahoo.co.uk', 'yahoo.co.in', 'yahoo.in', 'yahoo.fr', 'yahoo.de', 'yahoo.es', 'yahoo.it', 'yahoo.ca',
      'yahoo.ie', 'yahoo.gr', 'yahoo.pl', 'yahoo.se', 'yahoo.dk', 'yahoo.no', 'yahoo.com.br', 'yahoo.com.mx',
      'yahoo.com.ar', 'yahoo.com.au', 'yahoo.com.sg', 'yahoo.com.hk', 'yahoo.com.tw', 'yahoo.com.ph', 'yahoo.com.vn',
      'yahoo.co.id', 'yahoo.co.th', 'yahoo.co.nz', 'ymail.com', 'rocketmail.com', 'myyahoo.com', 'aol.com', 'aol.co.uk',
      'aol.de', 'aol.fr', 'aim.com', 'verizon.net'
    ) THEN 'yahoo'
    WHEN recipient_domain IN ('yahoo.co.jp', 'ybb.ne.jp', 'ymail.ne.jp') THEN 'yahoo-japan'
    WHEN recipient_domain IN ('icloud.com', 'me.com', 'mac.com', 'privaterelay.appleid.com') THEN 'icloud'
    WHEN recipient_domain IN ('docomo.ne.jp', 'disney.ne.jp', 'dwmail.jp') THEN 'docomo'
    WHEN recipient_domain IN ('ezweb.ne.jp', 'au.com', 'uqmobile.jp') THEN 'au'
    WHEN recipient_domain IN (
      'softbank.ne.jp', 'i.softbank.jp', 'vodafone.ne.jp', 'ymobile.ne.jp', 'y-mobile.ne.jp', 'emobile.ne.jp',
      'willcom.com'
    ) THEN 'softbank'
    WHEN recipient_domain IN ('proton.me', 'protonmail.com', 'protonmail.ch', 'pm.me') THEN 'proton'
    WHEN recipient_domain IN ('gmx.de', 'gmx.net', 'gmx.at', 'gmx.ch', 'gmx.com', 'gmx.eu', 'web.de') THEN 'gmx'
    WHEN recipient_domain IN ('qq.com', 'foxmail.com') THEN 'qq'
    WHEN recipient_domain IN ('163.com', '126.com', 'yeah.net') THEN 'netease'
    WHEN recipient_domain IN ('naver.com') THEN 'naver'
    WHEN recipient_domain IN ('yandex.ru', 'yandex.com', 'ya.ru') THEN 'yandex'
    WHEN recipient_domain IN ('mail.ru', 'inbox.ru', 'list.ru', 'bk.ru', 'internet.ru') THEN 'mailru'
  END AS provider,
  regexp_replace(path, '^[a-z0-9]+://[^/]+/') AS object_key,
  CAST(NULL AS integer) AS line_no,
  event_key
FROM numbered
WHERE occurrence = 1
