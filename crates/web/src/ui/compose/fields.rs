//! The form's fields, as a browser sends them, and what they mean.

use std::collections::BTreeMap;

use rookery_kernel::{AccountId, LocalTimeNote, MediaAssetId, Platform, PostId, Timestamp, Zone};
use rookery_publishing::{
    Composition, Draft, FollowUp, FollowUpKind, MediaUse, NewPost, PostChange, PostDetail, PostFormat, Schedule,
    Variant,
};
use serde_json::Value;

use super::options::{self, Typed};
use crate::ui::format::field_value;

/// A further part as it is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Part {
    pub kind: FollowUpKindField,
    pub text: String,
    pub delay: String,
}

/// The kind of a further part; what cannot be read is the next one of the thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum FollowUpKindField {
    #[default]
    Thread,
    Comment,
}

impl FollowUpKindField {
    fn read(word: &str) -> Self {
        if word == "comment" { Self::Comment } else { Self::Thread }
    }
}

/// A file with the words for people who cannot see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Medium {
    pub id: MediaAssetId,
    pub alt: String,
}

/// Everything that was typed.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields {
    pub post: Option<PostId>,
    pub revision: Option<i32>,
    pub content: String,
    pub title: String,
    pub link: String,
    pub format: PostFormat,
    pub accounts: Vec<AccountId>,
    pub own: BTreeMap<AccountId, Variant>,
    pub options: Typed,
    /// Options that the form does not know.
    pub stored_options: BTreeMap<Platform, Value>,
    pub media: Vec<Medium>,
    pub parts: Vec<Part>,
    pub labels: String,
    pub expires: String,
    pub schedule: String,
    pub at: String,
    /// The button that was pressed, and what it is about.
    pub wish: String,
    /// The id of a file to add.
    pub media_new: String,
}

/// The formats of the form with their words.
pub(super) const FORMATS: [(PostFormat, &str, &str); 6] = [
    (PostFormat::Post, "post", "Post"),
    (PostFormat::Thread, "thread", "Thread"),
    (PostFormat::Carousel, "carousel", "Carousel"),
    (PostFormat::Reel, "reel", "Reel"),
    (PostFormat::Story, "story", "Story"),
    (PostFormat::Short, "short", "Short"),
];

impl Fields {
    /// Several fields come more than once, which the usual form reader does not allow.
    pub fn read(body: &[u8]) -> Self {
        let mut fields = Self::default();
        let mut over = None;
        for (name, value) in url::form_urlencoded::parse(body) {
            // Browsers send line ends as CR LF; networks count characters.
            let value = value.replace("\r\n", "\n");
            match &*name {
                "post" => fields.post = value.parse().ok(),
                "revision" => fields.revision = value.parse().ok(),
                "over" => over = value.parse().ok(),
                "content" => fields.content = value,
                "title" => value.trim().clone_into(&mut fields.title),
                "link" => value.trim().clone_into(&mut fields.link),
                "format" => fields.format = format(&value),
                "account" => fields.accounts.extend(value.parse::<AccountId>()),
                "media" => fields.media.extend(value.parse().map(|id| Medium { id, alt: String::new() })),
                "alt" => {
                    if let Some(last) = fields.media.last_mut() {
                        value.trim().clone_into(&mut last.alt);
                    }
                }
                "media-new" => value.trim().clone_into(&mut fields.media_new),
                "part-kind" => {
                    fields.parts.push(Part { kind: FollowUpKindField::read(&value), ..Part::default() });
                }
                "part-text" => {
                    if let Some(last) = fields.parts.last_mut() {
                        last.text = value;
                    }
                }
                "part-delay" => {
                    if let Some(last) = fields.parts.last_mut() {
                        last.delay = value;
                    }
                }
                "labels" => fields.labels = value,
                "expires" => fields.expires = value,
                "schedule" => fields.schedule = value,
                "at" => fields.at = value,
                "do" => fields.wish = value,
                other => fields.read_named(other, value),
            }
        }
        // What somebody else saved meanwhile and is to be replaced, whatever the form was begun with.
        fields.revision = over.or(fields.revision);
        fields
    }

    /// Fields that carry an account or a network in their name.
    fn read_named(&mut self, name: &str, value: String) {
        let own = |prefix: &str| name.strip_prefix(prefix).and_then(|id| id.parse::<AccountId>().ok());
        if value.trim().is_empty() {
            return;
        }
        if let Some(account) = own("own-text-") {
            self.own.entry(account).or_default().text = Some(value);
        } else if let Some(account) = own("own-title-") {
            self.own.entry(account).or_default().title = Some(value.trim().to_owned());
        } else if let Some((network, option)) = name.strip_prefix("option-").and_then(|rest| rest.split_once('-'))
            && let Ok(network) = network.parse::<Platform>()
        {
            self.options.insert((network, option.to_owned()), value);
        }
    }

    /// A stored post as the form shows it.
    pub fn of(detail: &PostDetail, composition: &Composition, zone: &Zone) -> Self {
        let media = |m: &MediaUse| Medium { id: m.asset_id, alt: m.alt_text.clone().unwrap_or_default() };
        let part = |f: &FollowUp| Part {
            kind: match f.kind {
                FollowUpKind::Thread => FollowUpKindField::Thread,
                FollowUpKind::Comment => FollowUpKindField::Comment,
            },
            text: f.text.clone(),
            delay: if f.delay_minutes == 0 { String::new() } else { f.delay_minutes.to_string() },
        };
        Self {
            post: Some(detail.post.id),
            revision: Some(detail.post.revision),
            content: detail.post.content.clone(),
            title: detail.post.title.clone().unwrap_or_default(),
            link: composition.link.clone().unwrap_or_default(),
            format: composition.format,
            accounts: detail.publications.iter().map(|p| p.social_account_id).collect(),
            own: composition.variants.clone(),
            options: options::typed(&composition.options),
            stored_options: composition.options.clone(),
            media: composition.media.iter().map(media).collect(),
            parts: composition.follow_ups.iter().map(part).collect(),
            labels: composition.labels.join(", "),
            expires: composition.expires_at.map_or_else(String::new, |at| field_value(at, zone)),
            schedule: "draft".to_owned(),
            ..Self::default()
        }
    }

    /// Does what a button of the form asks for: everything but saving changes the form alone.
    pub fn obey(&mut self) {
        let (verb, about) = self.wish.split_once(':').unwrap_or((&self.wish, ""));
        let at = about.parse::<usize>().ok();
        match (verb, at) {
            ("part-add", _) if self.parts.len() < rookery_publishing::FOLLOW_UPS_MAX => {
                self.parts.push(Part { kind: FollowUpKindField::read(about), ..Part::default() });
            }
            ("part-up", Some(at)) => shift(&mut self.parts, at, at.checked_sub(1)),
            ("part-down", Some(at)) => shift(&mut self.parts, at, Some(at + 1)),
            ("part-remove", Some(at)) if at < self.parts.len() => drop(self.parts.remove(at)),
            ("media-add", _) => {
                let id = if about.is_empty() { &self.media_new } else { about };
                self.media.extend(id.parse().map(|id| Medium { id, alt: String::new() }));
            }
            ("media-up", Some(at)) => shift(&mut self.media, at, at.checked_sub(1)),
            ("media-down", Some(at)) => shift(&mut self.media, at, Some(at + 1)),
            ("media-remove", Some(at)) if at < self.media.len() => drop(self.media.remove(at)),
            ("reset", _) => {
                if let Ok(account) = about.parse::<AccountId>() {
                    self.own.remove(&account);
                }
            }
            ("label", _) if !self.label_list().iter().any(|label| label == about) => {
                let join = if self.labels.trim().is_empty() { "" } else { ", " };
                self.labels = format!("{}{join}{about}", self.labels.trim().trim_end_matches(','));
            }
            _ => {}
        }
    }

    /// The labels that were typed.
    pub fn label_list(&self) -> Vec<String> {
        self.labels.split([',', '\n']).map(|label| label.trim().to_owned()).filter(|label| !label.is_empty()).collect()
    }

    /// The moment that was chosen, and what had to be decided about it; or what is wrong with it.
    pub fn schedule(&self, zone: &Zone) -> Result<(Schedule, Option<LocalTimeNote>), String> {
        match self.schedule.as_str() {
            "now" => Ok((Schedule::Now, None)),
            "draft" | "queue" => Ok((Schedule::Draft, None)),
            _ if self.at.is_empty() => Err("Choose a date and a time, or publish it now.".to_owned()),
            _ => zone.instant(&self.at).map(|(at, note)| (Schedule::At(at), Some(note))).map_err(|e| format!("{e}.")),
        }
    }

    fn composition(&self, zone: &Zone) -> Composition {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let expires_at: Option<Timestamp> = zone.instant(&self.expires).ok().map(|(at, _)| at);
        Composition {
            format: self.format,
            link: filled(&self.link),
            media: self.media.iter().map(|m| MediaUse { asset_id: m.id, alt_text: filled(&m.alt) }).collect(),
            follow_ups: self.parts.iter().map(Part::meant).collect(),
            variants: self.own.clone(),
            options: options::read(&self.options, &self.stored_options),
            labels: self.label_list(),
            expires_at,
        }
    }

    fn title(&self) -> Option<String> {
        (!self.title.is_empty()).then(|| self.title.clone())
    }

    /// What is to be checked.
    pub fn draft(&self, schedule: Schedule, zone: &Zone) -> Draft {
        let draft = Draft {
            title: self.title(),
            composition: self.composition(zone),
            ..Draft::of_text(self.content.clone(), self.accounts.clone(), schedule)
        };
        match self.post {
            Some(id) => draft.of_post(id),
            None => draft,
        }
    }

    /// What is to be made.
    pub fn new_post(&self, schedule: Schedule, zone: &Zone) -> NewPost {
        NewPost {
            content: self.content.clone(),
            title: self.title(),
            account_ids: self.accounts.clone(),
            schedule,
            timezone: zone.clone(),
            composition: self.composition(zone),
        }
    }

    /// What is to be changed; accounts only while they can be chosen.
    pub fn change(&self, zone: &Zone, with_accounts: bool) -> PostChange {
        PostChange {
            content: Some(self.content.clone()),
            title: Some(self.title()),
            composition: self.composition(zone).into(),
            account_ids: with_accounts.then(|| self.accounts.clone()),
            expected_revision: self.revision,
            goes_on: true,
        }
    }
}

impl Part {
    fn meant(&self) -> FollowUp {
        FollowUp { kind: self.kind(), text: self.text.clone(), delay_minutes: self.delay.trim().parse().unwrap_or(0) }
    }

    pub fn kind(&self) -> FollowUpKind {
        match self.kind {
            FollowUpKindField::Thread => FollowUpKind::Thread,
            FollowUpKindField::Comment => FollowUpKind::Comment,
        }
    }

    pub fn is_comment(&self) -> bool {
        self.kind == FollowUpKindField::Comment
    }
}

fn format(word: &str) -> PostFormat {
    FORMATS.iter().find(|(_, known, _)| *known == word).map_or(PostFormat::Post, |(format, ..)| *format)
}

fn shift<T>(list: &mut [T], from: usize, to: Option<usize>) {
    if let Some(to) = to
        && from < list.len()
        && to < list.len()
    {
        list.swap(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_form_with_several_accounts_and_windows_line_ends_is_read() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let body =
            format!("content=one%0D%0Atwo&account={a}&account={b}&account=nonsense&schedule=at&at=2026-03-02T09%3A00");
        let fields = Fields::read(body.as_bytes());
        assert_eq!(fields.content, "one\ntwo");
        assert_eq!(fields.accounts, [AccountId::from_uuid(a), AccountId::from_uuid(b)]);
        let (schedule, _) = fields.schedule(&"Europe/Berlin".parse().expect("known")).expect("a time");
        assert_eq!(schedule, Schedule::At("2026-03-02T08:00:00Z".parse().expect("valid")));
    }

    #[test]
    fn lists_keep_their_order_and_each_thing_its_words() {
        let (a, m, n) = (Uuid::from_u128(1), Uuid::from_u128(3), Uuid::from_u128(4));
        let body = format!(
            "content=x&own-text-{a}=mine&own-title-{a}=&media={m}&alt=A+gull&media={n}&alt=&part-kind=thread&part-text=two\
             &part-delay=&part-kind=comment&part-text=links&part-delay=5&option-mastodon-visibility=unlisted\
             &labels=tide,+news,,tide&link=+https%3A%2F%2Fa.example+&format=thread"
        );
        let fields = Fields::read(body.as_bytes());
        let draft = fields.draft(Schedule::Draft, &Zone::utc());
        let c = draft.composition;
        assert_eq!(c.variants[&AccountId::from_uuid(a)], Variant { text: Some("mine".into()), title: None });
        let media: Vec<_> = c.media.iter().map(|m| (m.asset_id.uuid(), m.alt_text.as_deref())).collect();
        assert_eq!(media, [(m, Some("A gull")), (n, None)]);
        let parts: Vec<_> = c.follow_ups.iter().map(|f| (f.kind, f.text.as_str(), f.delay_minutes)).collect();
        assert_eq!(parts, [(FollowUpKind::Thread, "two", 0), (FollowUpKind::Comment, "links", 5)]);
        assert_eq!((c.link.as_deref(), c.format), (Some("https://a.example"), PostFormat::Thread));
        assert_eq!(c.options[&Platform::Mastodon], serde_json::json!({"visibility": "unlisted"}));
        assert_eq!(c.labels, ["tide", "news", "tide"]);
    }

    #[test]
    fn buttons_change_the_form_and_nothing_breaks_at_the_ends() {
        let texts = |f: &Fields| f.parts.iter().map(|p| p.text.clone()).collect::<Vec<_>>();
        let base = "part-kind=thread&part-text=a&part-kind=thread&part-text=b";
        let after = |wish: &str| {
            let mut fields = Fields::read(format!("{base}&do={wish}").as_bytes());
            fields.obey();
            fields
        };
        assert_eq!(texts(&after("part-up:1")), ["b", "a"]);
        assert_eq!(texts(&after("part-up:0")), ["a", "b"]);
        assert_eq!(texts(&after("part-down:1")), ["a", "b"]);
        assert_eq!(texts(&after("part-remove:0")), ["b"]);
        assert_eq!(texts(&after("part-remove:9")), ["a", "b"]);
        assert!(after("part-add:comment").parts[2].is_comment());
        let mut labels = Fields::read(b"labels=tide,&do=label:news");
        labels.obey();
        assert_eq!(labels.labels, "tide, news");
        let id = Uuid::from_u128(9);
        let mut media = Fields::read(format!("media-new={id}&do=media-add").as_bytes());
        media.obey();
        assert_eq!(media.media[0].id.uuid(), id);
    }
}
