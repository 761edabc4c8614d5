-- Whether a row of history is selected. A parameter that is NULL excludes nothing.
($since IS NULL OR sent_at >= $since)
AND ($until IS NULL OR sent_at < $until)
AND ($types IS NULL OR list_contains($types, event_type))
AND ($domain IS NULL OR recipient_domain = lower($domain))
AND ($set IS NULL OR configuration_set = $set)
AND ($tag_name IS NULL OR list_contains(tags[$tag_name], $tag_value))
