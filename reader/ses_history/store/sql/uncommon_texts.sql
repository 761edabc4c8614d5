-- The texts that people look for, of the objects numbered from $last + 1, which are not all ASCII and have no spelling yet.
SELECT DISTINCT text
FROM (
  SELECT recipient AS text FROM entries WHERE object_no > $last AND strlen(recipient) <> length(recipient)
  UNION ALL
  SELECT source FROM entries WHERE object_no > $last AND strlen(source) <> length(source)
  UNION ALL
  SELECT subject FROM entries WHERE object_no > $last AND strlen(subject) <> length(subject)
)
ANTI JOIN spellings USING (text)
