//! Many lines or columns with steps that can be pointed at. Colours follow the order of the lines, so a legend beside
//! the chart needs no names in it.

use std::fmt::Write as _;

use super::{Frame, escape, grid, line, runs, scale_from, short};

/// Lines that have a colour of their own; more are in the table only.
pub(crate) const LINES_MAX: usize = 6;

/// How values are written on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Counts.
    Count,
    /// Ratios, shown as percentages.
    Percent,
}

/// One line.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlotLine {
    /// One value per step; `None` is a gap.
    pub values: Vec<Option<f64>>,
    /// A dashed line for comparison, on the same steps.
    pub before: Vec<Option<f64>>,
}

/// A step of the horizontal axis.
#[derive(Debug, Clone)]
pub(crate) struct PlotStep {
    /// What stands below it.
    pub label: String,
    /// What is said about it when somebody points at it: one line of text for each value.
    pub tip: String,
    /// Notes that people put on it.
    pub note: Option<String>,
}

/// What is drawn.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    /// Says what the chart shows, to those who do not see it.
    pub title: String,
    /// How values are written.
    pub scale: Scale,
    /// The lines.
    pub lines: Vec<PlotLine>,
    /// The steps.
    pub steps: Vec<PlotStep>,
    /// Whether lines go on over gaps: totals that were not read every day.
    pub connects: bool,
}

impl Plot {
    /// Whether any value is known.
    pub(crate) fn has_data(&self) -> bool {
        self.lines.iter().any(|line| line.values.iter().any(Option::is_some))
    }

    fn high(&self) -> f64 {
        let values = self.lines.iter().flat_map(|line| line.values.iter().chain(&line.before));
        values.flatten().fold(0.0_f64, |high, value| high.max(self.shown(*value)))
    }

    /// Charts do not go below zero: corrections are in the table.
    fn shown(&self, value: f64) -> f64 {
        let value = if self.scale == Scale::Percent { value * 100.0 } else { value };
        value.max(0.0)
    }

    /// Lines over time.
    pub(crate) fn lines(&self, frame: &Frame, labels: usize) -> String {
        let frame = &self.framed(frame);
        let count = self.steps.len();
        let step = (frame.right - frame.left) / (count.max(2) - 1) as f64;
        let x =
            |i: usize| if count == 1 { f64::midpoint(frame.left, frame.right) } else { frame.left + i as f64 * step };
        let (mut out, top) = self.open(frame);
        let y = |value: f64| frame.bottom - self.shown(value) / top * (frame.bottom - frame.top);
        let alone = self.lines.len() == 1;
        for (n, one) in self.lines.iter().take(LINES_MAX).enumerate() {
            // Beside its own past, a single line takes the second colour for it.
            let (now, before) = (format!("var(--c{})", n + 1), format!("var(--c{})", if alone { 2 } else { n + 1 }));
            for (start, run) in runs(&one.before) {
                let points = line(&run, |i, value| (x(start + i), y(value)));
                let _ = write!(
                    out,
                    r#"<polyline points="{points}" fill="none" stroke="{before}" stroke-width="2" stroke-dasharray="5 4"/>"#
                );
                dots(&mut out, &run, &before, |_| x(start), y);
            }
            if self.connects {
                let known: Vec<(usize, f64)> =
                    one.values.iter().enumerate().filter_map(|(i, v)| Some((i, (*v)?))).collect();
                let values: Vec<f64> = known.iter().map(|(_, value)| *value).collect();
                let points = line(&values, |i, value| (x(known[i].0), y(value)));
                let _ = write!(
                    out,
                    r#"<polyline points="{points}" fill="none" stroke="{now}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>"#
                );
                for (i, value) in known {
                    let _ = write!(out, r#"<circle cx="{:.1}" cy="{:.1}" r="2.5" fill="{now}"/>"#, x(i), y(value));
                }
                continue;
            }
            for (start, run) in runs(&one.values) {
                let points = line(&run, |i, value| (x(start + i), y(value)));
                if alone {
                    let (from, to, bottom) = (x(start), x(start + run.len() - 1), frame.bottom);
                    let _ = write!(
                        out,
                        r#"<polygon points="{from:.1},{bottom} {points} {to:.1},{bottom}" fill="{now}" opacity=".09"/>"#
                    );
                }
                let _ = write!(
                    out,
                    r#"<polyline points="{points}" fill="none" stroke="{now}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>"#
                );
                dots(&mut out, &run, &now, |_| x(start), y);
            }
        }
        let half = if count == 1 { f64::midpoint(frame.right, -frame.left) } else { step / 2.0 };
        self.steps_of(&mut out, frame, labels, half, x);
        out.push_str("</svg>");
        out
    }

    /// Columns: parts that are no line over time, such as weekdays.
    pub(crate) fn columns(&self, frame: &Frame, labels: usize) -> String {
        let frame = &self.framed(frame);
        let count = self.steps.len().max(1);
        let room = (frame.right - frame.left) / count as f64;
        let (mut out, top) = self.open(frame);
        let y = |value: f64| frame.bottom - self.shown(value) / top * (frame.bottom - frame.top);
        let values = self.lines.first();
        let width = (room * 0.62).min(46.0);
        let has_before = values.is_some_and(|line| line.before.iter().any(Option::is_some));
        for i in 0..count {
            let middle = frame.left + (i as f64 + 0.5) * room;
            let value = |of: fn(&PlotLine) -> &Vec<Option<f64>>| values.and_then(|l| of(l).get(i).copied().flatten());
            let mut column = |value: Option<f64>, left: f64, width: f64, colour: &str| {
                let Some(value) = value else { return };
                let head = y(value);
                let _ = write!(
                    out,
                    r#"<rect x="{left:.1}" y="{head:.1}" width="{width:.1}" height="{:.1}" rx="2" fill="var(--{colour})"/>"#,
                    (frame.bottom - head).max(1.0)
                );
            };
            if has_before {
                let half = width / 2.0;
                column(value(|l| &l.before), middle - half, half - 1.0, "c2");
                column(value(|l| &l.values), middle + 1.0, half - 1.0, "c1");
            } else {
                column(value(|l| &l.values), middle - width / 2.0, width, "c1");
            }
        }
        self.steps_of(&mut out, frame, labels, room / 2.0, |i| frame.left + (i as f64 + 0.5) * room);
        out.push_str("</svg>");
        out
    }

    /// The value at the top, and the distance of the grid's lines.
    fn scaled(&self) -> (f64, f64) {
        scale_from(self.high(), if self.scale == Scale::Percent { 0.1 } else { 1.0 })
    }

    fn unit(&self) -> &'static str {
        if self.scale == Scale::Percent { "%" } else { "" }
    }

    fn framed(&self, frame: &Frame) -> Frame {
        let (top, step) = self.scaled();
        frame.with_room_for(top, step, self.unit())
    }

    /// The frame with its horizontal lines, and the value at its top.
    fn open(&self, frame: &Frame) -> (String, f64) {
        let Frame { width, height, left, right, top: head, bottom } = *frame;
        let (top, step) = self.scaled();
        let mut out = format!(
            r#"<svg viewBox="0 0 {width} {height}" width="100%" role="img" data-chart aria-label="{}">"#,
            escape(&self.title)
        );
        for value in grid(top, step) {
            let at = bottom - value / top * (bottom - head);
            let _ = write!(
                out,
                r#"<line x1="{left}" x2="{right}" y1="{at:.1}" y2="{at:.1}" stroke="var(--line)"/><text x="{:.1}" y="{:.1}" text-anchor="end" font-size="11" fill="var(--ink-3)">{}{}</text>"#,
                left - 8.0,
                at + 4.0,
                short(value),
                self.unit()
            );
        }
        (out, top)
    }

    /// Labels, notes, and an area for each step that tells what it holds.
    fn steps_of(&self, out: &mut String, frame: &Frame, labels: usize, half: f64, x: impl Fn(usize) -> f64) {
        let every = self.steps.len().div_ceil(labels.max(1)).max(1);
        for (i, step) in self.steps.iter().enumerate() {
            let at = x(i);
            if i % every == (every - 1) / 2 {
                let _ = write!(
                    out,
                    r#"<text x="{at:.1}" y="{:.1}" font-size="11" text-anchor="middle" fill="var(--ink-3)">{}</text>"#,
                    frame.bottom + 20.0,
                    escape(&step.label)
                );
            }
            if let Some(note) = &step.note {
                let _ = write!(
                    out,
                    r#"<g data-note><line x1="{at:.1}" x2="{at:.1}" y1="{}" y2="{}" stroke="var(--ink-3)" stroke-dasharray="2 3"/><circle cx="{at:.1}" cy="{}" r="4" fill="var(--accent)"><title>{}</title></circle></g>"#,
                    frame.top,
                    frame.bottom,
                    frame.top,
                    escape(note)
                );
            }
        }
        for (i, step) in self.steps.iter().enumerate() {
            let (from, to) = ((x(i) - half).max(frame.left), (x(i) + half).min(frame.right));
            let tip = match &step.note {
                Some(note) => format!("{}\n{note}", step.tip),
                None => step.tip.clone(),
            };
            let _ = write!(
                out,
                r#"<rect class="hit" data-x="{:.1}" x="{from:.1}" y="{}" width="{:.1}" height="{}" fill="transparent"><title>{}</title></rect>"#,
                x(i),
                frame.top,
                (to - from).max(0.5),
                frame.bottom - frame.top,
                escape(&tip)
            );
        }
    }
}

/// A value between two gaps would be no line at all.
fn dots(out: &mut String, run: &[f64], colour: &str, x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) {
    if let [value] = run {
        let _ = write!(out, r#"<circle cx="{:.1}" cy="{:.1}" r="2.5" fill="{colour}"/>"#, x(0), y(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::super::WIDE;
    use super::*;

    fn plot(lines: &[&[Option<f64>]], scale: Scale) -> Plot {
        let steps = lines.first().map_or(0, |line| line.len());
        let step = |n: usize| PlotStep { label: format!("{n}"), tip: format!("step {n}"), note: None };
        Plot {
            title: "Reach".into(),
            scale,
            lines: lines.iter().map(|l| PlotLine { values: l.to_vec(), before: Vec::new() }).collect(),
            steps: (0..steps).map(step).collect(),
            connects: false,
        }
    }

    #[test]
    fn a_gap_breaks_a_line_and_a_lonely_value_is_a_dot() {
        let svg = plot(&[&[Some(1.0), Some(2.0), None, Some(3.0)]], Scale::Count).lines(&WIDE, 4);
        assert_eq!((svg.matches("<polyline").count(), svg.matches("r=\"2.5\"").count()), (2, 1));
        assert_eq!(svg.matches("class=\"hit\"").count(), 4, "every step can be pointed at");
    }

    #[test]
    fn totals_that_were_not_read_every_day_are_one_line() {
        let mut totals = plot(&[&[Some(1.0), None, Some(3.0)]], Scale::Count);
        totals.connects = true;
        let svg = totals.lines(&WIDE, 3);
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (1, 2));
    }

    #[test]
    fn corrections_do_not_fall_out_of_the_frame() {
        let svg = plot(&[&[Some(-500.0), Some(10.0)]], Scale::Count).lines(&WIDE, 2);
        assert!(svg.contains("50.0,212.0"), "{svg}");
    }

    #[test]
    fn more_lines_than_colours_are_left_to_the_table() {
        let line: &[Option<f64>] = &[Some(1.0), Some(2.0)];
        let svg = plot(&[line; 50], Scale::Count).lines(&WIDE, 2);
        assert_eq!(svg.matches("<polyline").count(), LINES_MAX);
        assert!(!svg.contains("<polygon"), "areas would hide each other");
    }

    #[test]
    fn rates_are_percentages_with_a_fine_scale() {
        let svg = plot(&[&[Some(0.004), Some(0.012)]], Scale::Percent).columns(&WIDE, 2);
        assert!(svg.contains(">0.5%<") && svg.contains(">1.5%<"), "{svg}");
        assert_eq!(svg.matches("rx=\"2\"").count(), 2);
    }

    #[test]
    fn texts_of_people_cannot_break_out() {
        let mut one = plot(&[&[Some(1.0)]], Scale::Count);
        one.steps[0].note = Some("</title><script>".into());
        one.title = "\"><script>".into();
        assert!(!one.lines(&WIDE, 1).contains("<script"));
        assert!(!one.columns(&WIDE, 1).contains("<script"));
    }
}
