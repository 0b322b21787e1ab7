//! The columns of a file of posts. Pure.

/// What a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The text.
    Content,
    /// The accounts.
    Accounts,
    /// The planned time.
    ScheduledAt,
    /// The zone of the planned time.
    TimeZone,
    /// The title.
    Title,
    /// The link.
    Link,
    /// The format.
    Format,
    /// Labels.
    Labels,
    /// Files of the library.
    Media,
    /// What the files show.
    AltTexts,
    /// A comment right after the post.
    FirstComment,
    /// Parts of the thread and comments, as JSON.
    FollowUps,
    /// Words of their own per account, as JSON.
    Variants,
    /// Options per network, as JSON.
    Options,
    /// The last moment.
    ExpiresAt,
}

impl Column {
    /// All of them, as the template has them.
    pub const ALL: [Self; 15] = [
        Self::Content,
        Self::Accounts,
        Self::ScheduledAt,
        Self::TimeZone,
        Self::Title,
        Self::Link,
        Self::Format,
        Self::Labels,
        Self::Media,
        Self::AltTexts,
        Self::FirstComment,
        Self::FollowUps,
        Self::Variants,
        Self::Options,
        Self::ExpiresAt,
    ];

    /// The heading.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Accounts => "accounts",
            Self::ScheduledAt => "scheduled_at",
            Self::TimeZone => "time_zone",
            Self::Title => "title",
            Self::Link => "link",
            Self::Format => "format",
            Self::Labels => "labels",
            Self::Media => "media",
            Self::AltTexts => "alt_texts",
            Self::FirstComment => "first_comment",
            Self::FollowUps => "follow_ups",
            Self::Variants => "variants",
            Self::Options => "options",
            Self::ExpiresAt => "expires_at",
        }
    }

    /// What to write, for people.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Content => "The text. Line breaks are fine inside quotes.",
            Self::Accounts => {
                "Where it goes: network:handle, as in mastodon:fieldwork; several with semicolons between them. An account's id works too."
            }
            Self::ScheduledAt => {
                "When, as 2026-03-02 09:00 in the organization's zone, or with an offset as in 2026-03-02T09:00:00+01:00. Empty makes a draft."
            }
            Self::TimeZone => "Another zone for this row's times, as Europe/Berlin.",
            Self::Title => "The title, where a network has one; else internal.",
            Self::Link => "A link to attach, beginning with https://.",
            Self::Format => "post (unless given), thread, story, reel, short or carousel.",
            Self::Labels => "Words to find it by, with semicolons between them.",
            Self::Media => "Files of the library by name or id, in order, with semicolons between them.",
            Self::AltTexts => "What each file shows, in the same order; the file's own description unless given.",
            Self::FirstComment => "A comment of yours that follows the post at once.",
            Self::FollowUps => {
                r#"Parts of a thread and comments as JSON: [{"kind":"thread","text":"…","delayMinutes":0}]."#
            }
            Self::Variants => r#"Words of its own per account as JSON: {"mastodon:fieldwork":{"text":"…"}}."#,
            Self::Options => r#"Options per network as JSON: {"reddit":{"subreddit":"…"}}."#,
            Self::ExpiresAt => "Not to come out after this moment; written as scheduled_at.",
        }
    }

    /// The column of a heading; case, blanks and dashes do not count.
    pub fn of_heading(heading: &str) -> Option<Self> {
        let word = heading.trim().to_lowercase().replace([' ', '-'], "_");
        let word = match word.as_str() {
            "text" | "message" => "content",
            "account" => "accounts",
            "when" => "scheduled_at",
            "timezone" => "time_zone",
            "label" => "labels",
            word => word,
        };
        Self::ALL.into_iter().find(|column| column.name() == word)
    }

    /// The column that a finding of the post's check is about.
    pub(crate) const fn of_field(field: &str) -> Option<Self> {
        match field.as_bytes() {
            b"content" => Some(Self::Content),
            b"accountIds" => Some(Self::Accounts),
            b"scheduledAt" => Some(Self::ScheduledAt),
            b"media" => Some(Self::Media),
            b"link" => Some(Self::Link),
            b"followUps" => Some(Self::FollowUps),
            b"expiresAt" => Some(Self::ExpiresAt),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_read_as_people_write_them() {
        for column in Column::ALL {
            assert_eq!(Column::of_heading(column.name()), Some(column));
            assert!(column.help().ends_with('.'), "{column:?}");
        }
        assert_eq!(Column::of_heading(" Scheduled At "), Some(Column::ScheduledAt));
        assert_eq!(Column::of_heading("Time-Zone"), Some(Column::TimeZone));
        assert_eq!(Column::of_heading("Text"), Some(Column::Content));
        assert_eq!(Column::of_heading("status"), None);
    }
}
