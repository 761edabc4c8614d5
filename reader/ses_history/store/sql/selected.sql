-- Whether a row of history is selected. A parameter that is NULL excludes nothing.
($since IS NULL OR sent_at >= $since)
AND ($until IS NULL OR sent_at < $until)
AND ($happened_since IS NULL OR ts >= $happened_since)
AND ($happened_until IS NULL OR ts < $happened_until)
AND ($types IS NULL OR list_contains($types, event_type))
AND ($domain IS NULL OR recipient_domain = $domain)
AND ($parent_domain IS NULL OR recipient_domain = $parent_domain
  OR ends_with(recipient_domain, concat('.', $parent_domain)))
AND ($provider IS NULL OR provider = $provider)
AND ($set IS NULL OR configuration_set = $set)
AND ($tag_path IS NULL OR list_contains({values_of_tag}, $tag_value))
