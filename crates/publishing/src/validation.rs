//! What stands against queueing a post, as one function for the editor, the API, the scheduler and
//! whoever writes drafts (PUB-24, PUB-25). The rules are pure; [`crate::Publishing::validate`]
//! brings the accounts and the networks' rule books.

use std::time::Duration;

use rookery_accounts::{Account, AccountStatus, PlatformRules};
use rookery_kernel::text::sentence;
use rookery_kernel::{AccountId, MediaAssetId, PostId, Timestamp};
use rookery_platforms::text::CountMethod;
use rookery_platforms::{Ability, Connectors, ReplyTo};
use serde::{Deserialize, Serialize};

use crate::media::{self, MediaFinding, Nature, StoredFile};
use crate::post::{Composition, FOLLOW_UPS_MAX, FollowUpKind, NewPost, Schedule, part_names};
use crate::text;

/// A planned moment this little in the past still counts as "now".
const PAST_TOLERANCE: Duration = Duration::from_secs(60);
/// A planned moment lies at most this far ahead.
const AHEAD_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is to be checked.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The text.
    pub content: String,
    /// The title, where a network has one.
    pub title: Option<String>,
    /// The accounts it goes to.
    pub account_ids: Vec<AccountId>,
    /// When.
    pub schedule: Schedule,
    /// Media, further parts, words of its own per account.
    pub composition: Composition,
    /// The stored post that it is, so that it is not compared with itself.
    pub post_id: Option<PostId>,
}

impl Draft {
    /// A text for these accounts, with nothing else.
    pub fn of_text(content: impl Into<String>, account_ids: Vec<AccountId>, schedule: Schedule) -> Self {
        let (content, composition) = (content.into(), Composition::default());
        Self { content, title: None, account_ids, schedule, composition, post_id: None }
    }

    /// The account's own words, or the common text.
    pub(crate) fn text_for(&self, account: AccountId) -> &str {
        let own = self.composition.variants.get(&account);
        own.and_then(|v| v.text.as_deref()).unwrap_or(&self.content)
    }

    /// What the account's network is given to say.
    pub(crate) fn for_account(&self, account: &Account, facts: &Facts<'_>) -> rookery_platforms::Draft {
        let own = self.composition.variants.get(&account.id);
        let title = own.and_then(|v| v.title.as_ref()).or(self.title.as_ref());
        let kind = self.composition.format.draft_kind();
        let used_in = media::use_of(kind, facts.files.len());
        let rules = PlatformRules::of(facts.rules, account);
        // Pictures are made to fit when they are sent, so the network is asked about what it will get.
        let sent = |file: &StoredFile| match &rules {
            Some(rules) => media::will_be(&rules.media, used_in, file).without_bytes(),
            None => file.without_bytes(),
        };
        rookery_platforms::Draft {
            text: self.text_for(account.id).to_owned(),
            title: title.cloned(),
            link: self.composition.link.clone(),
            kind,
            media: facts.files.iter().map(|(_, file)| sent(file)).collect(),
            options: self.composition.options.get(&account.platform).cloned().unwrap_or_default(),
            ..rookery_platforms::Draft::default()
        }
    }
}

impl From<&NewPost> for Draft {
    fn from(new: &NewPost) -> Self {
        Self {
            content: new.content.clone(),
            title: new.title.clone(),
            account_ids: new.account_ids.clone(),
            schedule: new.schedule,
            composition: new.composition.clone(),
            post_id: None,
        }
    }
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot be queued.
    Error,
    /// It can, but look.
    Warning,
    /// Good to know.
    Info,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// No text.
    TextEmpty,
    /// Longer than the network allows.
    TextTooLong,
    /// No account chosen.
    NoAccounts,
    /// The account is not one of this organization.
    AccountUnknown,
    /// The account was disconnected or needs a person.
    AccountNotUsable,
    /// The account waits for its connection to be renewed.
    AccountExpired,
    /// No rule book or connector for the network.
    NetworkNotSupported,
    /// The moment has passed.
    TimeInPast,
    /// The moment is more than a year away.
    TimeTooFar,
    /// More hashtags than the network allows.
    TooManyHashtags,
    /// The network takes no such post: kind, media, title, options.
    NetworkObjects,
    /// A file is not in the library, or not ready.
    MediaUnknown,
    /// A picture or video says nothing to people who cannot see it.
    AltTextMissing,
    /// The network takes no such file in such a post.
    MediaNotTaken,
    /// More files than the network takes.
    TooManyMedia,
    /// The network does not take the file's format.
    MediaFormat,
    /// The file has too many bytes.
    MediaTooLarge,
    /// The file has too few pixels or bytes.
    MediaTooSmall,
    /// The video is too long.
    MediaTooLong,
    /// The video is too short.
    MediaTooShort,
    /// The picture or video has the wrong shape.
    MediaShape,
    /// The video has more pixels than the network promises to take.
    MediaPixels,
    /// The picture is made smaller when it is sent.
    MediaScaled,
    /// More than ten parts of a thread and comments.
    TooManyParts,
    /// A part of the thread or a comment has no text.
    PartEmpty,
    /// The network has no threads or takes no comments of ours.
    PartsNotSupported,
    /// Not to come out after a moment that lies before the planned one.
    EndsBeforeItBegins,
    /// The account said the same within the last 30 days, or is about to.
    DuplicateText,
    /// The attached link is no web address.
    LinkInvalid,
    /// The network wants a person to choose something, and nothing was chosen.
    ChoiceMissing,
    /// The network has no such option: it would be ignored.
    OptionUnknown,
}

impl FindingCode {
    /// The stable word for programs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TextEmpty => "text_empty",
            Self::TextTooLong => "text_too_long",
            Self::NoAccounts => "no_accounts",
            Self::AccountUnknown => "account_unknown",
            Self::AccountNotUsable => "account_not_usable",
            Self::AccountExpired => "account_expired",
            Self::NetworkNotSupported => "network_not_supported",
            Self::TimeInPast => "time_in_past",
            Self::TimeTooFar => "time_too_far",
            Self::TooManyHashtags => "too_many_hashtags",
            Self::NetworkObjects => "network_objects",
            Self::MediaUnknown => "media_unknown",
            Self::AltTextMissing => "alt_text_missing",
            Self::MediaNotTaken => "media_not_taken",
            Self::TooManyMedia => "too_many_media",
            Self::MediaFormat => "media_format",
            Self::MediaTooLarge => "media_too_large",
            Self::MediaTooSmall => "media_too_small",
            Self::MediaTooLong => "media_too_long",
            Self::MediaTooShort => "media_too_short",
            Self::MediaShape => "media_shape",
            Self::MediaPixels => "media_pixels",
            Self::MediaScaled => "media_scaled",
            Self::TooManyParts => "too_many_parts",
            Self::PartEmpty => "part_empty",
            Self::PartsNotSupported => "parts_not_supported",
            Self::EndsBeforeItBegins => "ends_before_it_begins",
            Self::DuplicateText => "duplicate_text",
            Self::LinkInvalid => "link_invalid",
            Self::ChoiceMissing => "choice_missing",
            Self::OptionUnknown => "option_unknown",
        }
    }

    /// Whether even a draft may not be like that: it names something that is not the organization's.
    pub const fn forbids_a_draft(self) -> bool {
        matches!(self, Self::AccountUnknown | Self::MediaUnknown)
    }
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// How grave.
    pub severity: Severity,
    /// The field of the draft: `content`, `accountIds`, `scheduledAt`, `media`, `link`, `followUps`, `expiresAt`,
    /// `options`.
    pub field: &'static str,
    /// The account it concerns.
    #[serde(rename = "integrationId")]
    pub account_id: Option<AccountId>,
    /// Another post that it concerns.
    pub post_id: Option<PostId>,
    /// In words.
    pub message: String,
    /// What to do.
    pub suggestion: Option<String>,
    /// What is allowed.
    pub limit: Option<usize>,
    /// What was given.
    pub actual: Option<usize>,
}

impl Finding {
    fn error(code: FindingCode, field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code,
            severity: Severity::Error,
            field,
            account_id: None,
            post_id: None,
            message,
            suggestion: None,
            limit: None,
            actual: None,
        }
    }

    /// About a file on an account's network.
    fn medium(found: MediaFinding, account: AccountId) -> Self {
        let (code, severity) = match found.nature {
            Nature::NotTaken => (FindingCode::MediaNotTaken, Severity::Error),
            Nature::TooMany => (FindingCode::TooManyMedia, Severity::Error),
            Nature::Format => (FindingCode::MediaFormat, Severity::Error),
            Nature::TooLarge => (FindingCode::MediaTooLarge, Severity::Error),
            Nature::TooSmall => (FindingCode::MediaTooSmall, Severity::Error),
            Nature::TooLong => (FindingCode::MediaTooLong, Severity::Error),
            Nature::TooShort => (FindingCode::MediaTooShort, Severity::Error),
            Nature::Shape => (FindingCode::MediaShape, Severity::Error),
            Nature::Pixels => (FindingCode::MediaPixels, Severity::Warning),
            Nature::Scaled => (FindingCode::MediaScaled, Severity::Info),
        };
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Self {
            severity,
            suggestion: found.suggestion,
            limit: found.limit.map(size),
            actual: found.actual.map(size),
            ..Self::error(code, "media", found.message).of(account)
        }
    }

    pub(crate) fn warning(code: FindingCode, field: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, field, message) }
    }

    pub(crate) fn of(self, account: AccountId) -> Self {
        Self { account_id: Some(account), ..self }
    }

    pub(crate) fn suggest(self, what: impl Into<String>) -> Self {
        Self { suggestion: Some(what.into()), ..self }
    }

    fn measured(self, limit: usize, actual: usize) -> Self {
        Self { limit: Some(limit), actual: Some(actual), ..self }
    }

    /// Whether it stands against queueing.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What the rules need besides the draft.
pub(crate) struct Facts<'a> {
    /// The organization's accounts, disconnected ones too.
    pub accounts: &'a [Account],
    /// The rule books.
    pub rules: &'a [PlatformRules],
    /// The draft's files that are there and ready, in order.
    pub files: &'a [(MediaAssetId, StoredFile)],
    /// The connectors of this installation.
    pub connectors: &'a Connectors,
    /// The moment of the check.
    pub now: Timestamp,
}

/// Longest text of a draft on a network: beside its media.
pub(crate) fn text_limit(rules: &PlatformRules, sent: &rookery_platforms::Draft) -> usize {
    rules.text_limit_beside(media::use_of(sent.kind, sent.media.len()), sent.media.first().map(|m| m.kind))
}

/// All findings, in a fixed order: text, accounts in the draft's order, time.
pub(crate) fn check(draft: &Draft, facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let says_something = |id: &AccountId| !draft.text_for(*id).trim().is_empty();
    let has_text = !draft.content.trim().is_empty()
        || (!draft.account_ids.is_empty() && draft.account_ids.iter().all(says_something));
    if !has_text && draft.composition.media.is_empty() {
        findings.push(
            Finding::error(FindingCode::TextEmpty, "content", "The post has no text and no media.")
                .suggest("Write something, or add a picture."),
        );
    }
    findings.extend(draft.composition.link.as_deref().and_then(check_link));
    check_media(draft, facts, &mut findings);
    check_parts(draft, &mut findings);
    if draft.account_ids.is_empty() {
        findings.push(
            Finding::error(FindingCode::NoAccounts, "accountIds", "No account is chosen.")
                .suggest("Choose at least one account."),
        );
    }
    for id in &draft.account_ids {
        match facts.accounts.iter().find(|a| a.id == *id) {
            Some(account) => check_account(draft, account, facts, &mut findings),
            None => findings.push(
                Finding::error(FindingCode::AccountUnknown, "accountIds", "There is no such account.")
                    .of(*id)
                    .suggest("Choose one of your connected accounts."),
            ),
        }
    }
    findings.extend(check_time(draft.schedule, facts.now));
    let begins = match draft.schedule {
        Schedule::Draft => None,
        Schedule::Now => Some(facts.now),
        Schedule::At(at) => Some(at),
    };
    if let (Some(begins), Some(ends)) = (begins, draft.composition.expires_at)
        && ends <= begins
    {
        let message = "The post is not to come out after a moment that lies before its planned time.";
        findings
            .push(Finding::error(FindingCode::EndsBeforeItBegins, "expiresAt", message).suggest("Choose a later end."));
    }
    findings
}

fn check_link(link: &str) -> Option<Finding> {
    let is_address =
        link.parse::<url::Url>().is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    (!is_address).then(|| {
        Finding::error(FindingCode::LinkInvalid, "link", "The link is no web address.")
            .suggest("Write it whole, beginning with https://.")
    })
}

fn check_media(draft: &Draft, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    for used in &draft.composition.media {
        match facts.files.iter().find(|(id, _)| *id == used.asset_id) {
            None => findings.push(
                Finding::error(
                    FindingCode::MediaUnknown,
                    "media",
                    "A file of the post is not there, or not ready yet.",
                )
                .suggest("Choose a file of your library, or wait until it is ready."),
            ),
            Some((_, file)) if file.alt_text.as_deref().is_none_or(|t| t.trim().is_empty()) => findings.push(
                Finding::warning(
                    FindingCode::AltTextMissing,
                    "media",
                    format!("{} has no description for people who cannot see it.", file.file_name),
                )
                .suggest("Describe in a sentence what it shows."),
            ),
            Some(_) => {}
        }
    }
}

fn check_parts(draft: &Draft, findings: &mut Vec<Finding>) {
    let parts = &draft.composition.follow_ups;
    if parts.len() > FOLLOW_UPS_MAX {
        let (limit, actual) = (FOLLOW_UPS_MAX, parts.len());
        let message = format!("A post may have {limit} further parts; this one has {actual}.");
        findings.push(
            Finding::error(FindingCode::TooManyParts, "followUps", message)
                .suggest("Join some of them.")
                .measured(limit, actual),
        );
    }
    let names = part_names(parts.iter().map(|part| part.kind));
    for (name, _) in names.iter().zip(parts).filter(|(_, part)| part.text.trim().is_empty()) {
        let message = format!("{name} has no text.");
        findings.push(Finding::error(FindingCode::PartEmpty, "followUps", message).suggest("Write it or remove it."));
    }
}

fn check_account(draft: &Draft, account: &Account, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let (name, network) = (account.name(), account.platform.name());
    match account.status {
        AccountStatus::Active => {}
        AccountStatus::Expired | AccountStatus::Pending => findings.push(
            Finding::warning(
                FindingCode::AccountExpired,
                "accountIds",
                format!("{name} ({network}) is not connected at the moment; the post waits until it is."),
            )
            .of(account.id)
            .suggest("Reconnect the account."),
        ),
        AccountStatus::Revoked | AccountStatus::Error => findings.push(
            Finding::error(
                FindingCode::AccountNotUsable,
                "accountIds",
                format!("{name} ({network}) cannot be used: its connection is {}.", account.status.label()),
            )
            .of(account.id)
            .suggest("Reconnect the account, or leave it out."),
        ),
    }
    let rules = PlatformRules::of(facts.rules, account);
    let (Some(rules), Some(connector)) = (rules.as_deref(), facts.connectors.get(account.platform)) else {
        findings.push(
            Finding::error(
                FindingCode::NetworkNotSupported,
                "accountIds",
                format!("Rookery cannot publish to {network} yet."),
            )
            .of(account.id)
            .suggest("Leave this account out."),
        );
        return;
    };
    let sent = draft.for_account(account, facts);
    // What goes out is counted, not what was typed: some networks get the link in the text.
    let composed = connector.composed_text(&sent);
    let whole = text_limit(rules, &sent);
    check_length("content", "the text", &composed, whole, account, rules, findings);
    let parts = &draft.composition.follow_ups;
    for (part, named) in parts.iter().zip(part_names(parts.iter().map(|part| part.kind))) {
        check_length("followUps", &named, &part.text, rules.text_limit, account, rules, findings);
    }
    let files: Vec<&StoredFile> = facts.files.iter().map(|(_, file)| file).collect();
    let about_media = media::findings_of(network, &rules.media, sent.kind, &files);
    findings.extend(about_media.into_iter().map(|found| Finding::medium(found, account.id)));
    let object = |field, objection: &str| {
        Finding::error(FindingCode::NetworkObjects, field, sentence(objection))
            .of(account.id)
            .suggest(format!("Change the post for {network}, or leave {name} out."))
    };
    findings.extend(connector.objections(&sent).iter().map(|objection| object("media", objection)));
    findings.extend(connector.missing_choices(&sent).iter().map(|choice| {
        Finding::error(FindingCode::ChoiceMissing, "options", sentence(choice))
            .of(account.id)
            .suggest(format!("Choose it among the options of {network}, or leave {name} out."))
    }));
    if connector.capabilities().publishes.contains(&Ability::Reply) {
        // A part is judged as the answer that it will be; a comment is often shorter than a post.
        for (part, named) in parts.iter().zip(part_names(parts.iter().map(|part| part.kind))) {
            let answered = ReplyTo { external_id: "post".to_owned(), root_id: "post".to_owned() };
            let answer = rookery_platforms::Draft {
                text: part.text.clone(),
                reply_to: Some(answered),
                options: sent.options.clone(),
                ..rookery_platforms::Draft::default()
            };
            let objections = if part.text.trim().is_empty() { Vec::new() } else { connector.objections(&answer) };
            findings.extend(objections.iter().map(|objection| object("followUps", &format!("{named}: {objection}"))));
        }
    }
    let known = connector.capabilities().options;
    for option in sent.options.as_object().into_iter().flatten().map(|(option, _)| option) {
        if !known.contains(&option.as_str()) {
            findings.push(
                Finding::warning(
                    FindingCode::OptionUnknown,
                    "options",
                    format!("{network} has no option {option:?} here; it is ignored."),
                )
                .of(account.id)
                .suggest(format!("The options of {network} are {}.", known.join(", "))),
            );
        }
    }
    check_parts_of(draft, account, connector.capabilities().publishes, findings);
    let tags = text::hashtags(&sent.text).len();
    if tags > rules.hashtags_max {
        let limit = rules.hashtags_max;
        findings.push(
            Finding::error(
                FindingCode::TooManyHashtags,
                "content",
                format!("{network} allows {limit} hashtags; the text has {tags}."),
            )
            .of(account.id)
            .suggest(format!("Remove {} hashtags.", tags - limit))
            .measured(limit, tags),
        );
    }
}

/// Counted as the network counts; and by bytes, where it bounds these too.
fn check_length(
    field: &'static str,
    what: &str,
    words: &str,
    limit: usize,
    account: &Account,
    rules: &PlatformRules,
    findings: &mut Vec<Finding>,
) {
    let (name, network) = (account.name(), account.platform.name());
    let length = rules.count(words);
    let (limit, length, unit, why) = match rules.too_many_bytes(words) {
        _ if length > limit => (limit, length, rules.count_method.unit(), rules.count_method.why()),
        Some((limit, bytes)) => (limit, bytes, CountMethod::Bytes.unit(), CountMethod::Bytes.why()),
        None => return,
    };
    let over = length - limit;
    findings.push(
        Finding::error(
            FindingCode::TextTooLong,
            field,
            format!("{network} allows {limit} {unit}; {what} has {length}{why}."),
        )
        .of(account.id)
        .suggest(format!("Shorten it by {over} {unit}, give {name} its own text, or leave {name} out."))
        .measured(limit, length),
    );
}

/// A thread that would be cut after its first part must not begin; a comment may be missing.
fn check_parts_of(draft: &Draft, account: &Account, abilities: &[Ability], findings: &mut Vec<Finding>) {
    if draft.composition.follow_ups.is_empty() || abilities.contains(&Ability::Reply) {
        return;
    }
    let (name, network) = (account.name(), account.platform.name());
    let has_thread = draft.composition.follow_ups.iter().any(|p| p.kind == FollowUpKind::Thread);
    let finding = if has_thread {
        let message = format!("{network} has no threads: only the first part would come out on {name}.");
        Finding::error(FindingCode::PartsNotSupported, "followUps", message)
            .suggest(format!("Leave {name} out, or write a post without further parts for it."))
    } else {
        let message = format!("{network} takes no comments from here: {name} gets the post without them.");
        Finding::warning(FindingCode::PartsNotSupported, "followUps", message)
            .suggest(format!("Add the words to the text for {name}."))
    };
    findings.push(finding.of(account.id));
}

/// The rule of PUB-25 for one moment.
pub(crate) fn check_time(schedule: Schedule, now: Timestamp) -> Option<Finding> {
    let Schedule::At(at) = schedule else { return None };
    if at + PAST_TOLERANCE < now {
        let message = "The planned time has already passed.";
        Some(
            Finding::error(FindingCode::TimeInPast, "scheduledAt", message)
                .suggest("Choose a later time, or publish now."),
        )
    } else if at > now + AHEAD_MAX {
        let message = "The planned time is more than a year away.";
        Some(Finding::error(FindingCode::TimeTooFar, "scheduledAt", message).suggest("Choose a time within 365 days."))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> Option<FindingCode> {
        let now = Timestamp::from_secs(1_000_000_000);
        check_time(Schedule::At(Timestamp::from_secs(1_000_000_000 + offset)), now).map(|f| f.code)
    }

    #[test]
    fn a_minute_ago_is_now_and_a_year_is_the_end() {
        assert_eq!(at(-60), None);
        assert_eq!(at(-61), Some(FindingCode::TimeInPast));
        assert_eq!(at(365 * 86_400), None);
        assert_eq!(at(365 * 86_400 + 1), Some(FindingCode::TimeTooFar));
        assert_eq!(check_time(Schedule::Now, Timestamp::from_secs(0)), None);
    }
}
