-- When the newest event happened. Of one after $now the time is wrong, which must not hide a silence.
SELECT max(ts) AS newest
FROM kept
WHERE ts <= $now
