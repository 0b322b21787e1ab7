//! One function per thing: all that is wrong with it, at once.

use rookery_kernel::{Finding, Platform};

use crate::brand::BrandSettings;
use crate::values::{FollowerCount, Handle, KeywordMatches, PlatformPostId, PostContent, ReplyContent, Score, UtmCode};

/// A detected post as it arrives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostInput {
    /// The text.
    pub content: String,
    /// The network's name.
    pub platform: String,
    /// Its id there.
    pub platform_post_id: String,
    /// Who wrote it.
    pub author_handle: String,
    /// What it was found by.
    pub keyword_matches: Vec<String>,
}

/// A detected post that holds to the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidPost {
    /// The text, composed.
    pub content: PostContent,
    /// The network.
    pub platform: Platform,
    /// Its id there.
    pub platform_post_id: PlatformPostId,
    /// Who wrote it.
    pub author_handle: Handle,
    /// What it was found by, each once.
    pub keyword_matches: KeywordMatches,
}

/// Takes what is fine and keeps what is not.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn take<T>(&mut self, checked: Result<T, Finding>) -> Option<T> {
        checked.map_err(|finding| self.0.push(finding)).ok()
    }
}

/// # Errors
/// All findings, in the order of the fields.
pub fn validate_post(post: &PostInput) -> Result<ValidPost, Vec<Finding>> {
    let mut found = Findings::default();
    let content = found.take(PostContent::new(&post.content));
    let platform = found.take(platform(&post.platform));
    let id = found.take(PlatformPostId::new(platform, &post.platform_post_id));
    let handle = found.take(Handle::new(platform, &post.author_handle));
    let keywords = found.take(KeywordMatches::new(&post.keyword_matches));
    match (content, platform, id, handle, keywords) {
        (Some(content), Some(platform), Some(platform_post_id), Some(author_handle), Some(keyword_matches)) => {
            Ok(ValidPost { content, platform, platform_post_id, author_handle, keyword_matches })
        }
        _ => Err(found.0),
    }
}

fn platform(name: &str) -> Result<Platform, Finding> {
    name.parse().map_err(|_| {
        Finding::new("platform", "unknown_platform", "Unknown platform")
            .suggest(format!("Known are {}.", Platform::ALL.map(Platform::label).join(", ")))
    })
}

/// A drafted reply.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReplyInput {
    /// The whole text with the signature.
    pub content: String,
    /// The code of its link.
    pub utm_code: String,
}

/// A drafted reply that holds to the rules and to the brand's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidReply {
    /// The whole text.
    pub content: ReplyContent,
    /// The code of its link.
    pub utm_code: UtmCode,
}

/// # Errors
/// All findings: length, signature, prohibited terms, code.
pub fn validate_reply(settings: &BrandSettings, reply: &ReplyInput) -> Result<ValidReply, Vec<Finding>> {
    let mut found = Findings::default();
    let content = found.take(ReplyContent::new(&reply.content));
    if !reply.content.contains(&settings.signature) {
        found.0.push(
            Finding::new("content", "signature_missing", "Reply must include signature")
                .suggest(format!("Add {:?}.", settings.signature)),
        );
    }
    let prohibited = settings.prohibited_in(&reply.content);
    if !prohibited.is_empty() {
        let terms: Vec<&str> = prohibited.iter().map(|term| term.term.as_str()).collect();
        found.0.push(
            Finding::new("content", "prohibited_term", settings.prohibited_message.clone())
                .suggest(format!("Say it without: {}.", terms.join(", "))),
        );
    }
    let utm_code = found.take(UtmCode::new(&reply.utm_code));
    match (content, utm_code) {
        (Some(content), Some(utm_code)) if found.0.is_empty() => Ok(ValidReply { content, utm_code }),
        _ => Err(found.0),
    }
}

/// What is known about an author.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuthorInput {
    /// The network's name.
    pub platform: String,
    /// The network's stable id of the person.
    pub platform_id: String,
    /// The handle.
    pub handle: String,
    /// Followers.
    pub follower_count: i64,
    /// Author relationship score.
    pub relationship_score: f64,
}

/// An author that holds to the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidAuthor {
    /// The network.
    pub platform: Platform,
    /// The network's stable id of the person.
    pub platform_id: String,
    /// The handle.
    pub handle: Handle,
    /// Followers.
    pub follower_count: FollowerCount,
    /// Author relationship score.
    pub relationship_score: Score,
}

/// # Errors
/// All findings, in the order of the fields.
pub fn validate_author(author: &AuthorInput) -> Result<ValidAuthor, Vec<Finding>> {
    let mut found = Findings::default();
    let platform = found.take(platform(&author.platform));
    let id = found.take(platform_id(&author.platform_id));
    let handle = found.take(Handle::new(platform, &author.handle).map_err(|finding| finding.on("handle")));
    let followers = found.take(FollowerCount::new(author.follower_count));
    let score = found.take(Score::new(author.relationship_score).map_err(|finding| finding.on("relationship_score")));
    match (platform, id, handle, followers, score) {
        (Some(platform), Some(platform_id), Some(handle), Some(follower_count), Some(relationship_score)) => {
            Ok(ValidAuthor { platform, platform_id, handle, follower_count, relationship_score })
        }
        _ => Err(found.0),
    }
}

fn platform_id(id: &str) -> Result<String, Finding> {
    // Networks number people as they like: an address, a number, a key.
    if (1..=255).contains(&id.chars().count()) && !id.chars().any(char::is_control) {
        return Ok(id.to_owned());
    }
    Err(Finding::new("platform_id", "invalid_id", "Invalid author ID format")
        .suggest("Give the network's own id of the person, 1 to 255 characters."))
}
