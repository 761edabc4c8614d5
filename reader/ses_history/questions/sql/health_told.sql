-- What was told of bounces and complaints. In two parts, each of which a store reads no other rows for.
SELECT * FROM coded WHERE event_type = 'Bounce'
UNION ALL
SELECT * FROM coded WHERE event_type = 'Complaint'
