-- Everything that happened to one message, in the order it happened.
SELECT *
FROM history
WHERE message_id = $message_id
ORDER BY ts NULLS FIRST, event_type <> 'Send', object_key, line_no, recipient_no
