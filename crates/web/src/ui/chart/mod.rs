//! Charts as SVG, drawn on the server. A gap in the data is a gap in the line, never a zero.

mod plot;

use std::fmt::Write as _;

pub(crate) use plot::{LINES_MAX, Plot, PlotLine, PlotStep, Scale};

/// Points of a line; `None` is a gap.
pub(crate) type Series<'a> = &'a [Option<f64>];

/// The coordinates of a chart: its size and its inner edges.
pub(crate) struct Frame {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

/// For wide windows.
pub(crate) const WIDE: Frame =
    Frame { width: 820.0, height: 240.0, left: 50.0, right: 806.0, top: 12.0, bottom: 212.0 };
/// For telephones: as wide as the card, so that the labels keep their size.
pub(crate) const NARROW: Frame =
    Frame { width: 330.0, height: 200.0, left: 40.0, right: 324.0, top: 10.0, bottom: 172.0 };

impl Frame {
    /// The same with room for the labels of the grid on its left.
    fn with_room_for(&self, top: f64, step: f64, unit: &str) -> Self {
        let longest = grid(top, step).map(|value| short(value).len() + unit.len()).max().unwrap_or(0);
        // Digits of 11 pixels are less than 7 wide; 8 lie between a label and its line.
        Self { left: self.left.max(longest as f64 * 6.8 + 10.0), ..*self }
    }
}

/// The values that have a line of the grid.
fn grid(top: f64, step: f64) -> impl Iterator<Item = f64> {
    (0..).map(move |n| f64::from(n) * step).take_while(move |value| *value <= top + step / 2.0)
}

/// A small line without axes.
pub(crate) fn sparkline(series: Series<'_>) -> String {
    let Some((low, high)) = bounds(series) else {
        return r#"<svg width="100%" height="36" viewBox="0 0 160 36" aria-hidden="true"></svg>"#.to_owned();
    };
    let spread = if high > low { high - low } else { 1.0 };
    let step = 160.0 / (series.len().max(2) - 1) as f64;
    let mut out = String::from(
        r#"<svg width="100%" height="36" viewBox="0 0 160 36" preserveAspectRatio="none" aria-hidden="true">"#,
    );
    for (start, run) in runs(series) {
        let points = line(&run, |i, v| ((start + i) as f64 * step, 34.0 - (v - low) / spread * 30.0));
        let _ = write!(
            out,
            r#"<polyline points="{points}" fill="none" stroke="var(--c1)" stroke-width="1.8" stroke-linecap="round" vector-effect="non-scaling-stroke"/>"#
        );
    }
    out.push_str("</svg>");
    out
}

/// Two lines over days: this period solid over an area, the one before dashed. `labels` name some days: (index, text).
pub(crate) fn lines(
    frame: &Frame,
    label: &str,
    now: Series<'_>,
    before: Series<'_>,
    labels: &[(usize, String)],
) -> String {
    let high = now.iter().chain(before).flatten().fold(0.0_f64, |a, b| a.max(*b));
    let (top, step_value) = scale(high);
    let Frame { width, height, left, right, top: head, bottom } = frame.with_room_for(top, step_value, "");
    let step = (right - left) / (now.len().max(2) - 1) as f64;
    let x = |i: usize| left + i as f64 * step;
    let y = |v: f64| bottom - v.max(0.0) / top * (bottom - head);
    let mut out =
        format!(r#"<svg viewBox="0 0 {width} {height}" width="100%" role="img" aria-label="{}">"#, escape(label));
    for value in grid(top, step_value) {
        let at = y(value);
        let _ = write!(
            out,
            r#"<line x1="{left}" x2="{right}" y1="{at:.1}" y2="{at:.1}" stroke="var(--line)"/><text x="{:.1}" y="{:.1}" text-anchor="end" font-size="11" fill="var(--ink-3)">{}</text>"#,
            left - 8.0,
            at + 4.0,
            short(value)
        );
    }
    for (start, run) in runs(before) {
        let points = line(&run, |i, v| (x(start + i), y(v)));
        let _ = write!(
            out,
            r#"<polyline points="{points}" fill="none" stroke="var(--c2)" stroke-width="2" stroke-dasharray="5 4"/>"#
        );
    }
    for (start, run) in runs(now) {
        let points = line(&run, |i, v| (x(start + i), y(v)));
        let (from, to) = (x(start), x(start + run.len() - 1));
        let _ = write!(
            out,
            r#"<polygon points="{from:.1},{bottom} {points} {to:.1},{bottom}" fill="var(--c1)" opacity=".09"/><polyline points="{points}" fill="none" stroke="var(--c1)" stroke-width="2" stroke-linecap="round"/>"#
        );
        if run.len() == 1 {
            let _ = write!(out, r#"<circle cx="{from:.1}" cy="{:.1}" r="2.5" fill="var(--c1)"/>"#, y(run[0]));
        }
    }
    for (index, text) in labels {
        let _ = write!(
            out,
            r#"<text x="{:.1}" y="{:.1}" font-size="11" text-anchor="middle" fill="var(--ink-3)">{}</text>"#,
            x(*index),
            bottom + 20.0,
            escape(text)
        );
    }
    out.push_str("</svg>");
    out
}

/// Weekdays × hours: `strength` 0 to 1, `None` where nothing was posted.
pub(crate) fn heatmap(strength: &[[Option<f64>; 24]; 7], names: &[&str; 7]) -> String {
    heatmap_with(strength, names, &[])
}

/// As [`heatmap`], with what each of the 168 hours says when somebody points at it.
pub(crate) fn heatmap_with(strength: &[[Option<f64>; 24]; 7], names: &[&str; 7], tips: &[String]) -> String {
    let mut out = String::from(
        r#"<svg viewBox="0 0 310 132" width="100%" role="img" data-chart aria-label="Mean engagement by weekday and hour; the table below has the figures">"#,
    );
    for (day, hours) in strength.iter().enumerate() {
        let top = 2 + day * 16;
        for (hour, value) in hours.iter().enumerate() {
            let opacity = value.map_or(0.05, |v| 0.12 + 0.8 * v.clamp(0.0, 1.0));
            let tip = tips.get(day * 24 + hour).map(|tip| format!("<title>{}</title>", escape(tip)));
            let (class, tip) = (if tip.is_some() { r#"class="hit" "# } else { "" }, tip.unwrap_or_default());
            let _ = write!(
                out,
                r#"<rect {class}x="{:.1}" y="{top}" width="10" height="14" rx="2.5" fill="var(--accent)" opacity="{opacity:.2}">{tip}</rect>"#,
                34.0 + hour as f64 * 11.4
            );
        }
        let _ = write!(
            out,
            r#"<text x="28" y="{}" text-anchor="end" font-size="10.5" fill="var(--ink-3)">{}</text>"#,
            top + 11,
            names[day]
        );
    }
    for hour in [0, 6, 12, 18, 23] {
        let _ = write!(
            out,
            r#"<text x="{:.1}" y="126" font-size="10" text-anchor="middle" fill="var(--ink-3)">{hour}</text>"#,
            39.0 + f64::from(hour) * 11.4
        );
    }
    out.push_str("</svg>");
    out
}

fn bounds(series: Series<'_>) -> Option<(f64, f64)> {
    series.iter().flatten().fold(None, |found, v| match found {
        None => Some((*v, *v)),
        Some((low, high)) => Some((f64::min(low, *v), f64::max(high, *v))),
    })
}

/// Unbroken stretches with their first index.
fn runs(series: Series<'_>) -> Vec<(usize, Vec<f64>)> {
    let mut out: Vec<(usize, Vec<f64>)> = Vec::new();
    let mut open = false;
    for (index, value) in series.iter().enumerate() {
        match value {
            Some(v) if open => out.last_mut().expect("an open run was pushed").1.push(*v),
            Some(v) => {
                out.push((index, vec![*v]));
                open = true;
            }
            None => open = false,
        }
    }
    out
}

fn line(run: &[f64], place: impl Fn(usize, f64) -> (f64, f64)) -> String {
    let points = run.iter().enumerate().map(|(i, v)| {
        let (x, y) = place(i, *v);
        format!("{x:.1},{y:.1}")
    });
    points.collect::<Vec<_>>().join(" ")
}

/// A round top and the distance of the grid lines.
fn scale(high: f64) -> (f64, f64) {
    scale_from(high, 1.0)
}

/// As [`scale`], with grid lines at least `smallest` apart.
fn scale_from(high: f64, smallest: f64) -> (f64, f64) {
    if high <= 0.0 {
        return (4.0 * smallest, smallest);
    }
    let magnitude = 10_f64.powf((high / 4.0).log10().floor());
    let step =
        [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * magnitude).find(|s| s * 4.0 >= high).unwrap_or(high / 4.0);
    let step = step.max(smallest);
    (step * (high / step).ceil().max(1.0), step)
}

fn short(value: f64) -> String {
    let units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    match units.into_iter().find(|(unit, _)| value >= *unit) {
        Some((unit, name)) => format!("{}{name}", trim(value / unit)),
        None => trim(value),
    }
}

fn trim(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line() {
        let svg = sparkline(&[Some(1.0), Some(2.0), None, Some(3.0)]);
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(sparkline(&[None, None]).matches("<polyline").count(), 0);
    }

    #[test]
    fn axes_end_on_round_numbers() {
        let (top, step) = scale(118_000.0);
        assert!(top >= 118_000.0 && (top / step).fract() == 0.0);
        assert_eq!(scale(0.0), (4.0, 1.0));
        assert_eq!((short(40_000.0), short(2_500_000.0), short(7.0)), ("40k".into(), "2.5M".into(), "7".into()));
        assert_eq!((short(2.5e9), short(1e15)), ("2.5B".into(), "1000T".into()));
        // However long its labels are, they have room.
        let left = |top: f64, step: f64| NARROW.with_room_for(top, step, "").left.round();
        assert!(left(40_000.0, 10_000.0) <= 40.0, "40k has room where every label has");
        assert!((45.0..60.0).contains(&left(1.5e16, 5e15)), "15000T at {}", left(1.5e16, 5e15));
        assert_eq!(grid(15.0, 5.0).collect::<Vec<_>>(), [0.0, 5.0, 10.0, 15.0]);
        // A grid of quarters is labelled as it is.
        assert_eq!((short(1_250.0), short(0.75), short(0.0)), ("1.25k".into(), "0.75".into(), "0".into()));
    }

    #[test]
    fn names_of_days_cannot_break_out() {
        assert!(!lines(&WIDE, "<script>", &[Some(1.0)], &[], &[(0, "\"<".into())]).contains("<script"));
    }
}
