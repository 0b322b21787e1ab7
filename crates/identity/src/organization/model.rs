//! An organization and what it decided for itself.

use rookery_governance::audit::Changes;
use rookery_kernel::{OrganizationId, Timestamp, UserId, Zone};
use serde_json::{Value, json};

use crate::finding::{Finding, line};
use crate::roles::MemberRole;

/// The tenant, as its members see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Organization {
    /// The organization.
    pub id: OrganizationId,
    /// The one owner.
    pub owner_user_id: UserId,
    /// Name for people.
    pub name: String,
    /// Name in addresses, unique over the instance.
    pub slug: String,
    /// Made together with a person.
    pub is_personal: bool,
    /// Zone of schedules, weeks and reports.
    pub timezone: Zone,
    /// Posts need an approval before they go out.
    pub review_required: bool,
    /// The rest of what it decided.
    pub settings: Settings,
    /// Since when it exists.
    pub created_at: Timestamp,
}

/// Options of an organization. What other versions have written beside them is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// So late a post may still go out.
    pub late_grace_hours: u8,
    /// "Stop everything" is on since then (PUB-45).
    pub publishing_paused_at: Option<Timestamp>,
}

/// Keys in the `settings` column; `publishing` reads them under its own snapshot.
const GRACE: &str = "late_grace_hours";
const PAUSED_AT: &str = "publishing_paused_at";

impl Settings {
    /// Hours that a post may be late at most and still go out (PUB-39); also what holds unless told otherwise.
    pub const LATE_GRACE_HOURS_MAX: u8 = 24;

    /// From the column; what makes no sense there is as if it were absent.
    pub(super) fn read(value: &Value) -> Self {
        let max = Self::LATE_GRACE_HOURS_MAX;
        let hours = value.get(GRACE).and_then(Value::as_u64).and_then(|h| u8::try_from(h).ok()).filter(|h| *h <= max);
        let paused_at = value.get(PAUSED_AT).and_then(Value::as_str).and_then(|at| at.parse().ok());
        Self { late_grace_hours: hours.unwrap_or(max), publishing_paused_at: paused_at }
    }

    /// What is merged into the column; a null takes a key away.
    pub(super) fn write(self) -> Value {
        json!({ GRACE: self.late_grace_hours, PAUSED_AT: self.publishing_paused_at.map(|at| at.to_string()) })
    }
}

impl Organization {
    /// Whether nothing may leave.
    pub const fn is_publishing_paused(&self) -> bool {
        self.settings.publishing_paused_at.is_some()
    }

    /// What is different in `after`, for the audit log.
    pub(super) fn changes_to(&self, after: &Self) -> Changes {
        Changes::new()
            .set("owner_user_id", self.owner_user_id, after.owner_user_id)
            .set("name", &self.name, &after.name)
            .set("timezone", self.timezone.name(), after.timezone.name())
            .set("review_required", self.review_required, after.review_required)
            .set("settings.late_grace_hours", self.settings.late_grace_hours, after.settings.late_grace_hours)
            .set(
                "settings.publishing_paused_at",
                self.settings.publishing_paused_at,
                after.settings.publishing_paused_at,
            )
    }
}

/// An organization that a person belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Belonging {
    /// The organization.
    pub organization: Organization,
    /// The person's role in it.
    pub role: MemberRole,
}

/// An organization to be.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// Name for people.
    pub name: String,
    /// Zone of schedules, weeks and reports.
    pub timezone: Zone,
}

pub(super) fn check_name(name: &str) -> Result<String, Finding> {
    line("name", name, 255)
}

/// Longest slug made from a name; leaves room for an id behind it.
const SLUG_MAX: usize = 30;

/// A name as it may stand in an address.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if slug.len() >= SLUG_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "team".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_lower_case_letters_digits_and_single_hyphens() {
        assert_eq!(slug("Fieldwork Studio"), "fieldwork-studio");
        assert_eq!(slug("  --A & B, 2nd!--  "), "a-b-2nd");
        assert_eq!(slug("Ünïcode"), "n-code");
        assert_eq!(slug("日本"), "team");
        assert_eq!(slug(""), "team");
        let long = slug(&"abc ".repeat(40));
        assert!(long.len() <= SLUG_MAX && !long.ends_with('-'), "{long}");
    }

    #[test]
    fn settings_that_make_no_sense_are_as_if_absent() {
        let read = |value: Value| Settings::read(&value);
        let usual = Settings { late_grace_hours: 24, publishing_paused_at: None };
        assert_eq!(read(json!({})), usual);
        assert_eq!(read(json!({"late_grace_hours": 25, "publishing_paused_at": true})), usual);
        let set = Settings { late_grace_hours: 0, publishing_paused_at: Some(Timestamp::from_secs(1_767_225_600)) };
        assert_eq!(read(set.write()), set);
    }
}
