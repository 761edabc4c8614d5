-- Removes the spellings of texts that no entry has any more.
DELETE FROM spellings WHERE text NOT IN (
  SELECT recipient FROM entries WHERE recipient IS NOT NULL
  UNION ALL
  SELECT source FROM entries WHERE source IS NOT NULL
  UNION ALL
  SELECT subject FROM entries WHERE subject IS NOT NULL
)
