-- The recipients in `standing`, the newest message first; in a message first who was looked for, then who has a selected
-- event, then who has one of the statuses.
SELECT sent_at, message_id, recipient, source, subject, status, is_test, reply
FROM standing
ORDER BY sent_at DESC NULLS LAST, message_id, looked_for DESC, selected DESC, {has_status} DESC, address
