//! The closed lists of tags, snapshots and sums, with the labels of the database.

use rookery_kernel::labelled;

labelled! {
    /// Who hands a tag out.
    TagType, "analytics.tag_type", "kind of tag" {
        /// Rules and models.
        Auto = "auto",
        /// People.
        Manual = "manual",
    }
}

labelled! {
    /// Who or what put a tag on a content.
    TagSource, "analytics.tag_source", "source of a tag" {
        /// A hashtag of the text.
        Hashtag = "hashtag",
        /// A word of the text.
        Keyword = "keyword",
        /// A rule.
        Rule = "rule",
        /// A person; only manual tags.
        User = "user",
        /// A language model.
        Model = "model",
    }
}

labelled! {
    /// How a rule looks at a text.
    MatchKind, "analytics.match_kind", "kind of rule" {
        /// One word.
        Keyword = "keyword",
        /// Words in a row.
        Phrase = "phrase",
        /// A hashtag.
        Hashtag = "hashtag",
        /// A regular expression over the text.
        Regex = "regex",
    }
}

impl TagSource {
    /// Whether this source may hand out tags of that kind: people the manual ones, everything else the automatic ones.
    pub const fn fits(self, tag: TagType) -> bool {
        matches!((self, tag), (Self::User, TagType::Manual))
            || !matches!(self, Self::User) && matches!(tag, TagType::Auto)
    }
}

labelled! {
    /// Size of a snapshot's bucket.
    Period, "analytics.period", "period" {
        /// An hour.
        Hourly = "hourly",
        /// A day.
        Daily = "daily",
        /// A week.
        Weekly = "weekly",
        /// A month.
        Monthly = "monthly",
    }
}

labelled! {
    /// Family of a figure.
    MetricType, "analytics.metric_type", "kind of metric" {
        /// What people did.
        Engagement = "engagement",
        /// Whom it reached.
        Reach = "reach",
        /// What came of it.
        Conversion = "conversion",
        /// How the audience grew.
        Growth = "growth",
    }
}

labelled! {
    /// What a mark says has changed since sums were last computed.
    RollupMark, "analytics.rollup_mark_kind", "kind of mark" {
        /// The numbers of a day.
        Day = "day",
        /// A day lost numbers: all of it is summed anew.
        Recount = "recount",
        /// Content is new, or its format or time of publishing is another.
        Content = "content",
        /// Other content bears a tag.
        Tag = "tag",
        /// A page group has other members.
        Group = "group",
        /// Everything.
        All = "all",
    }
}

labelled! {
    /// What a daily sum is of.
    RollupScope, "analytics.rollup_scope", "scope" {
        /// The organization.
        Org = "org",
        /// A page group.
        Group = "group",
        /// An account.
        Integration = "integration",
        /// A tag.
        Tag = "tag",
    }
}
