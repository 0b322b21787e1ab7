//! What the page says to a question.

use std::fmt::Write as _;

use rookery_analytics::{
    Annotation, BestTime, Bucket, Figures, FormatComparison, FormatRow, Line, MENU_WORDS_MAX, Measure, PartKey,
    Performance, Question, Split, Step,
};
use rookery_kernel::text::capital;

use super::super::chart::{self, LINES_MAX, Plot, PlotLine, PlotStep};
use super::super::figures::{
    Change, LensForm, WEEKDAYS, basis_name, change, day, days, format_name, measure_name, mode_sentence, split_name,
    step_label, step_name, value, value_or_dash,
};
use super::super::format::{moment, number, number_or_dash, percent, tenths};
use super::{Drawn, Wish, scale};
use crate::app::App;
use crate::extract::{May, Read};
use crate::lens::{Lens, address};
use crate::problem::Problem;

/// Fewer items than this are a hint and no proof.
const FEW_ITEMS: i64 = 5;

pub(super) struct Tile {
    pub label: &'static str,
    pub value: Option<String>,
    pub change: Option<Change>,
    pub note: Option<String>,
    pub href: String,
    pub chosen: bool,
}

pub(super) struct PartRow {
    pub name: String,
    pub href: Option<String>,
    pub colour: Option<usize>,
    pub total: String,
    pub before: String,
    pub change: Option<Change>,
    pub items: Option<String>,
    /// Percent of the largest.
    pub share: u8,
}

pub(super) struct FormatLine {
    pub name: &'static str,
    pub items: String,
    pub reach: String,
    pub engagement: String,
    pub rate: Option<String>,
    pub basis: &'static str,
    pub is_few: bool,
}

pub(super) struct Formats {
    pub verdict: String,
    pub rows: Vec<FormatLine>,
}

pub(super) struct Hours {
    pub verdict: String,
    pub svg: String,
    pub slots: Vec<String>,
    pub rows: Vec<(String, String, String, String)>,
}

pub(super) struct Note {
    pub id: String,
    pub day: String,
    pub text: String,
}

/// The answer.
pub(super) struct Answer {
    pub title: String,
    pub days: String,
    pub mode: &'static str,
    pub step: Option<String>,
    pub coverage: String,
    pub as_of: String,
    pub tiles: Vec<Tile>,
    /// Nothing if nothing is known.
    pub chart: Option<Drawn>,
    /// Colours and names, if there is more than one line.
    pub legend: Vec<(usize, String)>,
    pub more_lines: usize,
    pub is_compared: bool,
    pub is_over_time: bool,
    pub columns: Vec<String>,
    pub steps: Vec<(String, Vec<String>)>,
    pub split: Option<&'static str>,
    pub split_title: String,
    pub measure: &'static str,
    pub parts: Vec<PartRow>,
    /// What the parts are not, in a sentence.
    pub left_out: Option<String>,
    pub has_items: bool,
    pub formats: Formats,
    pub hours: Hours,
    pub notes: Vec<Note>,
}

pub(super) async fn of(
    app: &App,
    may: &May<Read>,
    form: &LensForm,
    lens: &Lens,
    wish: &Wish,
    question: &Question,
) -> Result<Answer, Problem> {
    let (scope, range, filter) = (may.scope(), question.range, &question.filter);
    let performance = app.analytics.performance(scope, question).await?;
    let figures = app.analytics.figures(scope, range, filter, question.is_cohort).await?;
    let formats = app.analytics.format_comparison(scope, range, filter).await?;
    let hours = app.analytics.best_time(scope, range, filter).await?;
    let notes = app.analytics.annotations(scope, range).await?;
    let zone = &may.caller.organization.timezone;
    let narrowed = form.narrowed().join(", ");
    let as_of = match (performance.as_of, performance.fetched_at) {
        (Some(date), Some(at)) => format!("figures up to {}, read {}", day(date), moment(at, zone)),
        (Some(date), None) => format!("figures up to {}", day(date)),
        (None, _) => "no figures in these days".to_owned(),
    };
    let coverage = &performance.coverage;
    let is_over_time = performance.step != Step::Range;
    let plot = plot(&performance, wish.compares(), &notes);
    let is_alone = performance.lines.len() == 1;
    let charted = performance.lines.iter().take(if is_over_time { LINES_MAX } else { 0 });
    let measure = question.measure;
    let title = match question.split {
        Split::None => measure_name(measure).to_owned(),
        split => format!("{} by {}", measure_name(measure), split_name(split)),
    };
    Ok(Answer {
        title: if narrowed.is_empty() { title } else { format!("{title}: {narrowed}") },
        days: days(range.from, range.to),
        mode: mode_sentence(performance.mode, measure),
        step: match performance.step {
            Step::Week => Some("One step is a week.".to_owned()),
            Step::Month => Some("One step is a month.".to_owned()),
            Step::Day | Step::Range => None,
        },
        coverage: format!("{} of {} accounts reported", coverage.with_data, coverage.of),
        as_of,
        tiles: tiles(&figures, lens, wish, measure),
        chart: plot.has_data().then(|| if is_over_time { Drawn::lines(&plot) } else { Drawn::columns(&plot) }),
        legend: match (is_over_time, is_alone, wish.compares()) {
            (true, false, _) => charted.enumerate().map(|(n, line)| (n + 1, part_name(line))).collect(),
            (false, _, true) => vec![(1, "These days".to_owned()), (2, "As many days before".to_owned())],
            _ => Vec::new(),
        },
        more_lines: if is_over_time { performance.lines.len().saturating_sub(LINES_MAX) } else { 0 },
        is_compared: wish.compares() && is_alone && is_over_time,
        is_over_time,
        columns: columns(&performance, is_over_time),
        steps: steps(&performance, is_over_time),
        split: (question.split != Split::None).then(|| split_name(question.split)),
        split_title: capital(split_name(question.split)),
        measure: measure_name(measure),
        parts: if question.split == Split::None { Vec::new() } else { parts(&performance, lens, wish, is_over_time) },
        left_out: left_out(&performance),
        has_items: performance.lines.iter().any(|line| line.items.is_some()),
        formats: Formats {
            verdict: verdict(&formats, &narrowed),
            rows: formats.rows.iter().map(format_line).collect(),
        },
        hours: hours_card(&hours),
        notes: notes
            .into_iter()
            .map(|note| Note { id: note.id.to_string(), day: day(note.date), text: note.text })
            .collect(),
    })
}

fn tiles(figures: &Figures, lens: &Lens, wish: &Wish, chosen: Measure) -> Vec<Tile> {
    const SHOWN: [Measure; 6] = [
        Measure::Reach,
        Measure::Engagement,
        Measure::EngagementRate,
        Measure::Views,
        Measure::Posts,
        Measure::Followers,
    ];
    let of = |measure: Measure| figures.lines.iter().find(|(m, ..)| *m == measure);
    let tile = |measure: Measure| {
        let (_, line, coverage) = of(measure)?;
        let mut words = lens.words();
        words.push(("metric", measure.label()));
        words.extend(wish.words().into_iter().filter(|(name, _)| *name != "metric"));
        let note = match line.basis {
            Some(basis) if line.total.is_some() => Some(basis_name(basis).to_owned()),
            _ if coverage.with_data < coverage.of && measure != Measure::Posts => {
                Some(format!("{} of {} accounts reported", coverage.with_data, coverage.of))
            }
            _ => None,
        };
        Some(Tile {
            label: measure_name(measure),
            value: line.total.map(|total| value(measure, total)),
            change: change(measure, line.total, line.previous_total, line.change),
            note: note.filter(|note| !note.is_empty()),
            href: address("/performance", &words),
            chosen: measure == chosen,
        })
    };
    SHOWN.into_iter().filter_map(tile).collect()
}

/// The note of a step, with its day where a step is longer.
fn note_of(notes: &[Annotation], bucket: Bucket, step: Step) -> Option<String> {
    let within = notes.iter().filter(|note| (bucket.from..=bucket.to).contains(&note.date));
    let words = within.map(|note| match step {
        Step::Day => note.text.clone(),
        _ => format!("{}: {}", day(note.date), note.text),
    });
    Some(words.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
}

fn plot(performance: &Performance, compares: bool, notes: &[Annotation]) -> Plot {
    let measure = performance.measure;
    let title = format!(
        "{}, {}; the table below has the figures",
        measure_name(measure),
        days(performance.range.from, performance.range.to)
    );
    if performance.step == Step::Range {
        let total = |of: fn(&Line) -> Option<f64>| performance.lines.iter().map(of).collect::<Vec<_>>();
        let before = if compares { total(|line| line.previous_total) } else { Vec::new() };
        let steps = performance.lines.iter().map(|line| {
            let mut tip = format!("{}\n{}", line.name, value_or_dash(measure, line.total));
            if compares {
                let _ = write!(tip, "\nbefore: {}", value_or_dash(measure, line.previous_total));
            }
            if let Some(items) = line.items {
                let _ = write!(tip, "\n{}", counted(items));
            }
            PlotStep { label: short_name(line), tip, note: None }
        });
        let lines = vec![PlotLine { values: total(|line| line.total), before }];
        return Plot { title, scale: scale(measure), lines, steps: steps.collect(), connects: false };
    }
    let is_alone = performance.lines.len() == 1;
    let lines = performance.lines.iter().take(LINES_MAX).map(|line| PlotLine {
        values: line.values.clone(),
        before: if is_alone && compares { line.previous.clone() } else { Vec::new() },
    });
    let steps = performance.buckets.iter().enumerate().map(|(n, bucket)| {
        let mut tip = step_name(performance.step, bucket.from, bucket.to);
        for line in performance.lines.iter().take(LINES_MAX) {
            let name = if is_alone { measure_name(measure).to_owned() } else { part_name(line) };
            let _ = write!(tip, "\n{name}: {}", value_or_dash(measure, line.values[n]));
            if is_alone && compares {
                let _ = write!(tip, "\nbefore: {}", value_or_dash(measure, line.previous[n]));
            }
        }
        PlotStep {
            label: step_label(performance.step, bucket.from),
            tip,
            note: note_of(notes, *bucket, performance.step),
        }
    });
    Plot { title, scale: scale(measure), lines: lines.collect(), steps: steps.collect(), connects: false }
}

fn counted(items: i64) -> String {
    if items == 1 { "1 item".to_owned() } else { format!("{} items", number(items)) }
}

/// What fits below a column.
fn short_name(line: &Line) -> String {
    match line.key {
        PartKey::Weekday(_) => line.name.chars().take(3).collect(),
        PartKey::Hour(hour) => hour.to_string(),
        _ => line.name.clone(),
    }
}

fn columns(performance: &Performance, is_over_time: bool) -> Vec<String> {
    let measure = measure_name(performance.measure);
    if !is_over_time {
        return vec![measure.to_owned(), "The days before".to_owned(), "Items".to_owned()];
    }
    match performance.lines.as_slice() {
        [_] => vec![measure.to_owned(), "The days before".to_owned()],
        lines => lines.iter().take(LINES_MAX).map(part_name).collect(),
    }
}

fn steps(performance: &Performance, is_over_time: bool) -> Vec<(String, Vec<String>)> {
    let shown = |of: Option<f64>| value_or_dash(performance.measure, of);
    if !is_over_time {
        let row = |line: &Line| {
            let cells = vec![shown(line.total), shown(line.previous_total), number_or_dash(line.items)];
            (line.name.clone(), cells)
        };
        return performance.lines.iter().map(row).collect();
    }
    let row = |(n, bucket): (usize, &Bucket)| {
        let cells = match performance.lines.as_slice() {
            [line] => vec![shown(line.values[n]), shown(line.previous[n])],
            lines => lines.iter().take(LINES_MAX).map(|line| shown(line.values[n])).collect(),
        };
        (step_name(performance.step, bucket.from, bucket.to), cells)
    };
    performance.buckets.iter().enumerate().map(row).collect()
}

fn parts(performance: &Performance, lens: &Lens, wish: &Wish, is_over_time: bool) -> Vec<PartRow> {
    let highest = performance.lines.iter().filter_map(|line| line.total).fold(0.0_f64, f64::max);
    let part = |(n, line): (usize, &Line)| {
        let measure = performance.measure;
        // A part leads to itself alone, cut no further.
        let field = match line.key {
            PartKey::All | PartKey::Hour(_) => None,
            PartKey::Account(_) => Some("integrationIds"),
            PartKey::Network(_) => Some("network"),
            PartKey::Format(_) => Some("format"),
            PartKey::Group(_) => Some("groupId"),
            PartKey::Tag(_) => Some("tagId"),
            PartKey::Weekday(_) => Some("weekday"),
        };
        let word = match line.key {
            PartKey::Format(rookery_analytics::ContentFormat::Post) => "picture".to_owned(),
            key => key.word(),
        };
        let href = field.map(|field| {
            let mut words: Vec<_> = lens.words().into_iter().filter(|(name, _)| *name != field).collect();
            words.extend(wish.words().into_iter().filter(|(name, _)| *name != "split"));
            words.push((field, &word));
            address("/performance", &words)
        });
        let share = if highest > 0.0 { line.total.unwrap_or(0.0).max(0.0) / highest * 100.0 } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        let share = share.round() as u8;
        PartRow {
            name: part_name(line),
            href,
            colour: (is_over_time && n < LINES_MAX && performance.lines.len() > 1).then_some(n + 1),
            total: value_or_dash(measure, line.total),
            before: value_or_dash(measure, line.previous_total),
            change: change(measure, line.total, line.previous_total, line.change),
            items: line.items.map(|items| match line.with_data {
                Some(known) if known < items => format!("{} of {} with data", number(known), number(items)),
                _ => number(items),
            }),
            share,
        }
    };
    // Hours in which nothing was published are in the table behind the chart.
    let is_shown =
        |line: &Line| !matches!(line.key, PartKey::Hour(_)) || line.total.is_some() || line.previous_total.is_some();
    performance.lines.iter().enumerate().filter(|(_, line)| is_shown(line)).map(part).collect()
}

/// Which parts are missing, and why.
fn left_out(performance: &Performance) -> Option<String> {
    let others = performance.left_out;
    if others == 0 {
        return None;
    }
    let (n, are) = (number(i64::try_from(others).unwrap_or(i64::MAX)), if others == 1 { " is" } else { "s are" });
    Some(match performance.split {
        Split::Tag => format!(
            "Tags given by hand, tags with rules, and of the other words the {MENU_WORDS_MAX} used most in the months of these \
             days. {n} other tag{are} left out; filter by a tag to see it."
        ),
        _ => format!("The {} largest. {n} other part{are} left out.", performance.lines.len()),
    })
}

fn part_name(line: &Line) -> String {
    match line.key {
        PartKey::Format(format) => format_name(format).to_owned(),
        _ => line.name.clone(),
    }
}

fn format_line(row: &FormatRow) -> FormatLine {
    FormatLine {
        name: format_name(row.format),
        items: if row.rated_items < row.items {
            format!("{} ({} with data)", number(row.items), number(row.rated_items))
        } else {
            number(row.items)
        },
        reach: number_or_dash(row.numbers.reach),
        engagement: number_or_dash(row.engagement),
        rate: row.rate.value.map(percent),
        basis: basis_name(row.rate.basis),
        is_few: row.has_data() && row.rated_items < FEW_ITEMS,
    }
}

/// Which format works, in a sentence.
fn verdict(formats: &FormatComparison, narrowed: &str) -> String {
    let place = if narrowed.is_empty() { String::new() } else { format!(" ({narrowed})") };
    let with = |row: &FormatRow| {
        let rate = row.rate.value.map_or_else(|| "no data".to_owned(), percent);
        format!("{rate} engagement rate over {}", counted(row.rated_items))
    };
    let mut rated = formats.rows.iter().filter(|row| row.has_data());
    match (rated.next(), rated.next()) {
        _ if formats.items == 0 => format!("No data: nothing was published in these days{place}."),
        (None, _) => format!("No data: none of the {} reports what a rate needs{place}.", counted(formats.items)),
        (Some(first), None) => {
            format!("Only {} have data{place}: {}.", lower(first), with(first))
        }
        (Some(first), Some(second)) if formats.is_tie => {
            format!("{} and {} are level{place}: {}.", format_name(first.format), lower(second), with(first))
        }
        (Some(first), Some(second)) => {
            let ahead = formats.winner_by.unwrap_or_default() * 100.0;
            let few = first.rated_items.min(second.rated_items) < FEW_ITEMS;
            let hint = if few { " These are few items: a hint, no proof." } else { "" };
            format!(
                "{} work best{place}: {}, {} points more than {} ({}).{hint}",
                format_name(first.format),
                with(first),
                tenths(ahead),
                lower(second),
                with(second),
            )
        }
    }
}

fn lower(row: &FormatRow) -> String {
    format_name(row.format).to_lowercase()
}

fn hours_card(best: &BestTime) -> Hours {
    let mut strength = [[None; 24]; 7];
    let mut tips: Vec<String> = Vec::with_capacity(168);
    let highest = best.heatmap.cells.iter().filter_map(|cell| cell.mean).fold(0.0_f64, f64::max);
    for cell in &best.heatmap.cells {
        let name = format!("{} {:02}:00", WEEKDAYS[usize::from(cell.weekday - 1)], cell.hour);
        if let (Some(mean), true) = (cell.mean, highest > 0.0) {
            strength[usize::from(cell.weekday - 1)][usize::from(cell.hour)] = Some(mean / highest);
        }
        tips.push(match cell.mean {
            Some(mean) => format!("{name}\n{} engagement on average\n{}", tenths(mean), counted(cell.samples)),
            None => format!("{name}\nnothing published"),
        });
    }
    let samples = counted(best.heatmap.samples);
    let verdict = if best.heatmap.samples == 0 {
        "No data: nothing with known engagement was published in these days.".to_owned()
    } else if !best.is_enough() {
        format!("Not enough data: {samples}; ten are needed.")
    } else if best.slots.is_empty() {
        format!("No hour stands out: {samples}, nowhere two in the same hour.")
    } else {
        format!("Best hours over {samples}, by mean engagement:")
    };
    let name = |weekday: u8, hour: u8| format!("{} {hour:02}:00", WEEKDAYS[usize::from(weekday - 1)]);
    let slots = best.slots.iter().map(|slot| {
        format!(
            "{}: {} on average, {}, confidence {:.0}%",
            name(slot.weekday, slot.hour),
            tenths(slot.mean),
            counted(slot.samples),
            slot.confidence * 100.0
        )
    });
    let rows = best.heatmap.cells.iter().filter(|cell| cell.samples > 0).map(|cell| {
        let sure = (cell.samples as f64 / 5.0).min(1.0) * 100.0;
        let mean = cell.mean.map_or_else(|| "–".to_owned(), tenths);
        (name(cell.weekday, cell.hour), mean, number(cell.samples), format!("{sure:.0}%"))
    });
    Hours {
        verdict,
        svg: if highest > 0.0 {
            chart::heatmap_with(&strength, &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], &tips)
        } else {
            String::new()
        },
        slots: slots.collect(),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use rookery_analytics::{ContentFormat, Numbers, Rate, RateBasis};

    use super::*;

    fn row(format: ContentFormat, items: i64, rate: Option<f64>) -> FormatRow {
        FormatRow {
            format,
            items,
            rated_items: if rate.is_some() { items } else { 0 },
            numbers: Numbers::default(),
            engagement: None,
            rate: Rate { value: rate, basis: RateBasis::Reach },
        }
    }

    fn comparison(rows: Vec<FormatRow>, winner_by: Option<f64>, is_tie: bool) -> FormatComparison {
        FormatComparison { items: rows.iter().map(|r| r.items).sum(), rows, winner: None, is_tie, winner_by }
    }

    #[test]
    fn the_verdict_names_items_and_says_when_there_are_none() {
        let (reel, video) = (row(ContentFormat::Reel, 14, Some(0.052)), row(ContentFormat::Video, 9, Some(0.039)));
        assert_eq!(
            verdict(&comparison(vec![reel, video], Some(0.013), false), "food, Thursday"),
            "Reels work best (food, Thursday): 5.2% engagement rate over 14 items, 1.3 points more than videos \
             (3.9% engagement rate over 9 items)."
        );
        let few = comparison(vec![reel, row(ContentFormat::Video, 2, Some(0.039))], Some(0.013), false);
        assert!(verdict(&few, "").ends_with("a hint, no proof."));
        let alone = comparison(vec![reel, row(ContentFormat::Story, 3, None)], None, false);
        assert_eq!(verdict(&alone, ""), "Only reels have data: 5.2% engagement rate over 14 items.");
        let tie = comparison(vec![reel, row(ContentFormat::Video, 9, Some(0.052))], None, true);
        assert!(verdict(&tie, "").starts_with("Reels and videos are level: 5.2%"));
        let silent = comparison(vec![row(ContentFormat::Story, 1, None)], None, false);
        assert_eq!(verdict(&silent, ""), "No data: none of the 1 item reports what a rate needs.");
        assert_eq!(
            verdict(&comparison(vec![], None, false), "food"),
            "No data: nothing was published in these days (food)."
        );
    }
}
