-- The settings of the example brand, in two versions: the first had neither myths nor rules for communities.
INSERT INTO engagement.brand_settings_history
    (organization_id, version, settings, changed_by, approved_by, created_at)
SELECT o.organization_id, v.version, b.settings - v.without, o.owner_user_id::text, 'Legal review',
    s.today - v.ago::interval
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
CROSS JOIN (VALUES (1, ARRAY['myths', 'communities', 'testimonials'], '60 days'), (2, '{}'::text[], '45 days'))
    AS v (version, without, ago)
CROSS JOIN (VALUES ($settings${
    "signature": "—Antone (Vita)",
    "disclosure_label": "(Vita)",
    "prohibited_terms": [
        {"term": "cure", "match": "prefix"},
        {"term": "prevent", "match": "prefix"},
        {"term": "treat", "match": "prefix"},
        {"term": "clinically proven", "match": "prefix"},
        {"term": "doctor recommended", "match": "prefix"},
        {"term": "FDA approved", "match": "prefix"},
        {"term": "guarantee", "match": "prefix"},
        {"term": "miracle", "match": "prefix"},
        {"term": "medical", "match": "word"}
    ],
    "prohibited_message": "Reply contains prohibited medical claims",
    "approved_phrases": [
        {"text": "designed to support a gentle morning", "source": "Claims library, entry 1", "approved_by": "Legal review"},
        {"text": "formulated to go with water and a meal", "source": "Claims library, entry 2", "approved_by": "Legal review"}
    ],
    "soft_benefits": [{"text": "an easy habit before bed", "source": "Claims library, entry 3", "approved_by": "Legal review"}],
    "banned_openers": ["Sorry to hear", "As a brand", "Hey there"],
    "pushy_ctas": ["Buy now", "Order today", "Last chance"],
    "brand_names": ["Vita", "Antone", "Vitta", "Antoine Vita"],
    "keyword_taxonomy": {
        "direct_hangover": {"weight": 1.0, "terms": [{"term": "hangover"}, {"term": "hungover"}, {"term": "hung over"}, {"term": "morning after"}, {"term": "day after drinking"}, {"term": "rough night"}, {"term": "worst hangover"}, {"term": "two day hangover"}, {"term": "still drunk"}, {"term": "after the party"}, {"term": "post party"}, {"term": "day after"}], "locked": true},
        "recovery_intent": {"weight": 0.95, "terms": [{"term": "what helps"}, {"term": "what works"}, {"term": "remedy"}, {"term": "quick fix"}, {"term": "need help"}, {"term": "how to avoid"}, {"term": "electrolytes"}, {"term": "how do i feel better"}, {"term": "any tips"}, {"term": "home remedy"}, {"term": "rehydrate"}, {"term": "what to eat"}, {"term": "what to drink"}, {"term": "before bed"}, {"term": "how to recover"}, {"term": "water", "weak": true}, {"term": "coffee", "weak": true}], "locked": false},
        "physical_symptoms_primary": {"weight": 0.9, "terms": [{"term": "nausea"}, {"term": "nauseous"}, {"term": "queasy"}, {"term": "vomiting"}, {"term": "throwing up"}, {"term": "headache"}, {"term": "pounding head"}, {"term": "head is pounding"}, {"term": "migraine"}, {"term": "dehydrated"}, {"term": "dry mouth"}, {"term": "dizzy"}, {"term": "room spinning"}, {"term": "shaking"}, {"term": "shaky"}, {"term": "upset stomach"}, {"term": "stomach in knots"}, {"term": "sensitive to light"}], "locked": false},
        "cognitive_emotional": {"weight": 0.8, "terms": [{"term": "brain fog"}, {"term": "foggy"}, {"term": "can't focus"}, {"term": "cannot focus"}, {"term": "exhausted"}, {"term": "drained"}, {"term": "never again"}, {"term": "hangxiety"}, {"term": "sunday scaries"}, {"term": "regret"}, {"term": "low mood"}, {"term": "irritable"}, {"term": "why did i"}, {"term": "did i really"}], "locked": false},
        "physical_symptoms_secondary": {"weight": 0.7, "terms": [{"term": "body aches"}, {"term": "sore all over"}, {"term": "weak"}, {"term": "no energy"}, {"term": "heart racing"}, {"term": "bloated"}, {"term": "sweating"}, {"term": "cold sweat"}, {"term": "no appetite"}, {"term": "tired eyes"}, {"term": "puffy face"}, {"term": "slept badly"}, {"term": "thirsty"}, {"term": "tired", "weak": true}], "locked": false},
        "drinking_context": {"weight": 0.7, "terms": [{"term": "too many drinks"}, {"term": "overdid it"}, {"term": "one too many"}, {"term": "tequila"}, {"term": "shots"}, {"term": "last night"}, {"term": "night out"}, {"term": "open bar"}, {"term": "wedding"}, {"term": "bachelor party"}, {"term": "bachelorette"}, {"term": "happy hour"}, {"term": "work drinks"}, {"term": "red wine"}, {"term": "cocktails"}, {"term": "festival"}, {"term": "party", "weak": true}, {"term": "beer", "weak": true}], "locked": false},
        "slang": {"weight": 0.6, "terms": [{"term": "wrecked"}, {"term": "hammered"}, {"term": "smashed"}, {"term": "paying for it"}, {"term": "send help"}, {"term": "rough"}, {"term": "in bits"}, {"term": "hanging"}, {"term": "feeling fragile"}, {"term": "worse for wear"}, {"term": "dusty"}, {"term": "cooked"}], "locked": false},
        "wellness_context": {"weight": 0.4, "terms": [{"term": "feel better"}, {"term": "not 21 anymore"}, {"term": "have to work"}, {"term": "early meeting"}, {"term": "back to normal"}, {"term": "self care"}, {"term": "take it easy"}, {"term": "need sleep"}, {"term": "gym tomorrow"}, {"term": "long run"}, {"term": "morning", "weak": true}, {"term": "monday", "weak": true}], "locked": false},
        "meme_language": {"weight": 0.3, "terms": [{"term": "past me"}, {"term": "sober me"}, {"term": "too real"}, {"term": "big mood"}, {"term": "adulting"}, {"term": "me this morning"}, {"term": "plot twist"}, {"term": "note to self"}, {"term": "mood", "weak": true}], "locked": false}
    },
    "exclusions": ["hangover hotel", "hangover square"],
    "metaphor_patterns": ["inbox hangover", "crypto hangover", "market hangover", "election hangover", "meeting hangover", "emotional hangover"],
    "media_titles": ["The Hangover", "Hangover Square"],
    "domain_jargon": ["build pipeline", "deploy", "merge conflict", "sprint"],
    "safety_lexicon": {"ALCOHOL_POISONING": ["will not wake up", "lips are blue"], "NO_PROMO_CONTEXT": ["no brands please"]},
    "myths": [
        {"misconception": "Another drink in the morning helps.", "correction": "It only moves the rough part to later. Water, food and rest are the better start.", "citation": "Claims library, entry 11"},
        {"misconception": "A greasy breakfast soaks it up.", "correction": "By breakfast there is nothing left to soak up. Something plain sits easier.", "citation": "Claims library, entry 12"}
    ],
    "competitor_positioning": {"rehydration": "Drink mixes bring back fluid and salts; Vita is a patch for the evening and goes well with them.", "hangover_pills": "Pills are taken with the drinks; Vita is worn on the skin, nothing to swallow.", "iv_therapy": "A drip needs an appointment; Vita is something to keep in a drawer at home.", "home_remedy": "Everybody has a family recipe; Vita is one more quiet habit beside it."},
    "competitor_labels": {"rehydration": "Drink mixes", "hangover_pills": "Oral products", "iv_therapy": "Drips", "home_remedy": "Home remedies"},
    "communities": {
        "r/steadydays": {"engage": false},
        "r/morningafter": {"engage": true, "links_allowed": false, "tone": "Plain and detailed, tips first.", "promo_per_day": 1},
        "r/askanything": {"engage": true, "links_allowed": false, "tone": "Value only.", "promo_per_day": 0},
        "r/openmic": {"engage": true, "links_allowed": false, "tone": "Light, never a pitch.", "promo_per_day": 0}
    },
    "temporal_rules": [
        {"id": "sunday_morning", "priority": 90, "enabled": true, "condition": {"weekdays": ["sun"], "from_hour": 6, "to_hour": 11}, "strategy": {"phase": "peak", "multiplier": 3, "is_priority": true, "tone": "urgent", "archetypes": ["checklist", "coach"]}},
        {"id": "saturday_morning", "priority": 80, "enabled": true, "condition": {"weekdays": ["sat"], "from_hour": 6, "to_hour": 11}, "strategy": {"phase": "peak", "multiplier": 2, "is_priority": true, "tone": "urgent", "archetypes": ["checklist", "coach"]}},
        {"id": "weekend_night", "priority": 60, "enabled": true, "condition": {"weekdays": ["fri", "sat"], "from_hour": 22, "to_hour": 2}, "strategy": {"phase": "normal", "multiplier": 1.5, "tone": "empathetic"}},
        {"id": "thursday_evening", "priority": 50, "enabled": true, "condition": {"weekdays": ["thu"], "from_hour": 17, "to_hour": 21}, "strategy": {"phase": "prevention", "multiplier": 1.5, "sss_threshold_adjustment": -0.15, "archetypes": ["coach", "credibility_anchor"]}},
        {"id": "holiday_morning", "priority": 100, "enabled": true, "condition": {"holiday": true, "from_hour": 6, "to_hour": 11}, "strategy": {"phase": "holiday", "multiplier": 5, "is_priority": true}},
        {"id": "before_holiday", "priority": 70, "enabled": true, "condition": {"days_before_holiday": 2}, "strategy": {"phase": "prevention", "multiplier": 1.5, "sss_threshold_adjustment": -0.1}},
        {"id": "after_holiday", "priority": 70, "enabled": true, "condition": {"days_after_holiday": 1}, "strategy": {"phase": "holiday", "multiplier": 2, "archetypes": ["coach", "credibility_anchor"]}}
    ],
    "holidays": [
        {"name": "New Year's Day", "month": 1, "day": 1},
        {"name": "St Patrick's Day", "month": 3, "day": 17},
        {"name": "Independence Day", "month": 7, "day": 4},
        {"name": "Halloween", "month": 10, "day": 31},
        {"name": "Thanksgiving Eve", "month": 11, "weekday": "wed", "before": "fourth thursday"}
    ],
    "timezone": "UTC",
    "landing_pages": {"default": "https://vita.example/start", "tips": "https://vita.example/tips"},
    "utm_source": "vita",
    "kpi_targets": {"ctr": 0.02, "dwell_seconds": 45, "add_to_cart_rate": 0.15, "conversion_rate": 0.08, "revenue_per_reply": 0.5, "thanks_likes_rate": 0.12, "follows_per_100": 3, "positive_sentiment_rate": 0.75, "removal_ratio": 1.0, "self_deletion_rate": 0.02, "escalation_rate": 0.05, "safety_score": 95},
    "cold_start_targets": {"ctr": 0.015, "positive_sentiment_rate": 0.6, "revenue_per_reply": 0.35},
    "voice": {"twitter": "Witty and tight.", "reddit": "Detailed, no slogans.", "threads": "Warm."},
    "testimonials": [{"text": "It has its place next to my water bottle.", "consent": "Consent file 2, signed on paper"}],
    "allow_personal_use_claims": false
}$settings$::jsonb)) AS b (settings)
WHERE o.organization_id = current_setting('app.organization_id')::uuid
    -- An organization that has settings of its own keeps them and their history.
    AND NOT EXISTS (SELECT FROM engagement.brand_settings c WHERE c.organization_id = o.organization_id)
ON CONFLICT DO NOTHING;

INSERT INTO engagement.brand_settings (organization_id, settings, version, updated_by, created_at, updated_at)
SELECT o.organization_id, h.settings, h.version, h.changed_by,
    s.today - interval '60 days', s.today - interval '45 days'
FROM identity.organizations o
CROSS JOIN (SELECT current_setting('app.seed_now')::timestamptz AS today) AS s
JOIN engagement.brand_settings_history h ON h.organization_id = o.organization_id AND h.version = 2
WHERE o.organization_id = current_setting('app.organization_id')::uuid
ON CONFLICT DO NOTHING;
