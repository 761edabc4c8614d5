-- Opened messages, each once: by people, else by whom SES did not say, else by machines.
SELECT
  count(*) FILTER (WHERE by_people) AS by_people,
  count(*) FILTER (WHERE NOT by_people AND is_unknown) AS unknown,
  count(*) FILTER (WHERE NOT by_people AND NOT is_unknown) AS by_machines
FROM (
  SELECT message_id, coalesce(bool_or(NOT is_bot), false) AS by_people, bool_or(is_bot IS NULL) AS is_unknown
  FROM coded
  WHERE event_type = 'Open'
  GROUP BY message_id
) AS opened
