//! Numbered series of posts.

use rookery_kernel::{Date, Finding};

use crate::enums::SeriesCadence;

/// A series that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesPlan {
    /// Name.
    pub name: String,
    /// How often a part comes.
    pub cadence: SeriesCadence,
    /// Parts, 1 to 365.
    pub total_posts: u16,
    /// First day.
    pub start: Option<Date>,
    /// Last day.
    pub end: Option<Date>,
}

impl SeriesPlan {
    /// Everything that is wrong with it.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        match self.name.trim().chars().count() {
            0 => found.push(Finding::new("name", "required", "The series needs a name.")),
            1..=255 => {}
            _ => found.push(Finding::new("name", "too_long", "The name is longer than 255 characters.")),
        }
        if !(1..=365).contains(&self.total_posts) {
            found.push(Finding::new("totalPosts", "range", "A series has 1 to 365 parts."));
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end < start
        {
            found.push(Finding::new("endDate", "order", "The series ends before it begins."));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_found_at_once() {
        let day = |text: &str| Some(text.parse::<Date>().expect("a date"));
        let plan = SeriesPlan {
            name: " ".into(),
            cadence: SeriesCadence::Weekly,
            total_posts: 366,
            start: day("2026-03-02"),
            end: day("2026-03-01"),
        };
        let fields: Vec<_> = plan.findings().into_iter().map(|f| f.field).collect();
        assert_eq!(fields, ["name", "totalPosts", "endDate"]);
        let good = SeriesPlan { name: "Tools".into(), total_posts: 365, end: plan.start, ..plan };
        assert_eq!(good.findings(), []);
    }
}
