//! Values by type: ordinary ones for valid rows, and those at the edges that a check could refuse.

use serde_json::{Value, json};

use super::shape::{Column, Row};

/// 2026-03-02T09:00:00Z, when all rows are made, give or take some seconds.
const SECONDS: i64 = 1_772_442_000;

/// 2026-03-02 as a Julian day, which PostgreSQL reads with a J before it.
const MONDAY: usize = 2_461_102;

/// Candidates of one check are tried in all combinations up to this many, in pairs beyond.
const ALL_COMBINATIONS: usize = 4_000;

impl Column {
    /// A value of the type, another for each `n`.
    pub fn value(&self, n: usize) -> Value {
        if self.array {
            return json!([]);
        }
        if let Some(labels) = &self.labels {
            return json!(labels[n % labels.len()]);
        }
        match self.kind.as_str() {
            "text" | "varchar" | "bpchar" | "name" => {
                let text = format!("v{n}");
                json!(text[text.len().saturating_sub(self.length.unwrap_or(usize::MAX))..])
            }
            "uuid" => json!(format!("00000000-0000-7000-9000-{n:012x}")),
            "int2" | "int4" | "int8" => json!(n % 30_000),
            "numeric" | "float4" | "float8" => json!(0.5),
            "bool" => json!(false),
            "timestamptz" | "timestamp" => json!(instant(i64::try_from(n).expect("few rows"))),
            "date" => json!(format!("J{}", MONDAY + 7 * n)),
            "time" => json!("09:00"),
            "interval" => json!("1 hour"),
            "jsonb" | "json" => json!({}),
            "bytea" => json!(format!("\\x{n:064x}")),
            "inet" => json!("192.0.2.1"),
            other => panic!("column {}: no values of type {other} known", self.name),
        }
    }

    /// Values at the edges of the type and beyond what a check could allow, then those in the check's own text.
    fn candidates(&self, row: &Row, check: &str) -> Vec<Value> {
        let mut values = vec![row.get(&self.name).cloned().unwrap_or(Value::Null)];
        if !self.required {
            values.push(Value::Null);
        }
        if self.array {
            let element = Self { array: false, ..self.clone() };
            values.extend([0, 1, 2, 51, 5000].map(|n| json!((0..n).map(|_| element.value(1)).collect::<Vec<_>>())));
            return dedup(values);
        }
        if let Some(labels) = &self.labels {
            values.extend(labels.iter().map(|l| json!(l)));
            return dedup(values);
        }
        let literals = || check.split('\'').skip(1).step_by(2).map(|l| json!(l));
        let short = |v: &Value| v.as_str().is_none_or(|s| self.length.is_none_or(|most| s.chars().count() <= most));
        match self.kind.as_str() {
            "text" | "varchar" | "bpchar" | "name" => {
                let texts = ["", "x", "two words of plain text", "-Not A Slug-", "#12ab9f"];
                values.extend(texts.into_iter().map(|t| json!(t)).chain(literals()));
                values.push(json!("x".repeat(self.length.unwrap_or(70_000))));
            }
            "int2" => values.extend([-1, 0, 1, 2, 5, 101, 500, 32_767].map(|n| json!(n))),
            "int4" | "int8" => values.extend([-1, 0, 1, 2, 5, 101, 500, 2_000_000_000].map(|n| json!(n))),
            // Not more than the smallest precision in use holds.
            "numeric" | "float4" | "float8" => values.extend([-1.0, 0.0, 0.25, 1.0, 1.5, 9.0].map(|n| json!(n))),
            "bool" => values.extend([json!(true), json!(false)]),
            "timestamptz" | "timestamp" => values.extend([-86_400, 0, 86_400].map(|n| json!(instant(n)))),
            "date" => {
                values.extend(["2026-03-01", "2026-03-03"].map(|d| json!(d)));
                let days = row.values().filter_map(|v| v.as_str()?.strip_prefix('J')?.parse::<usize>().ok());
                values.extend(days.flat_map(|d| [d - 1, d + 1, d + 6]).map(|d| json!(format!("J{d}"))));
            }
            "jsonb" | "json" => {
                values.extend([json!({}), json!([]), json!("text"), json!(1), json!({ "x": "y".repeat(20_000) })]);
            }
            "bytea" => values
                .extend(["\\x".to_owned(), "\\x01".to_owned(), format!("\\x{}", "ab".repeat(32))].map(|b| json!(b))),
            "uuid" => values.extend(
                row.values()
                    .filter(|v| v.as_str().is_some_and(|s| s.len() == 36 && s.matches('-').count() == 4))
                    .cloned(),
            ),
            _ => {}
        }
        values.retain(short);
        dedup(values)
    }
}

fn instant(seconds: i64) -> String {
    let at = SECONDS + seconds;
    let (days, rest) = (at.div_euclid(86_400) - 20_513, at.rem_euclid(86_400));
    // Day 20,513 of the epoch is 2026-03-01; rows stay in that year's first months.
    let (month, day) = match days {
        ..0 => ("02", 29 + days),
        0..31 => ("03", days + 1),
        _ => ("04", days - 30),
    };
    format!("2026-{month}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

fn dedup(values: Vec<Value>) -> Vec<Value> {
    let mut unique: Vec<Value> = Vec::new();
    for value in values {
        if !unique.contains(&value) {
            unique.push(value);
        }
    }
    unique
}

/// The row with every combination of the columns' candidates; with every pair's if those are too many.
pub fn combinations(row: &Row, columns: &[&Column], check: &str) -> Vec<Row> {
    let pools: Vec<Vec<Value>> = columns.iter().map(|c| c.candidates(row, check)).collect();
    let product = |over: &[usize]| {
        over.iter().fold(vec![row.clone()], |rows, &at| {
            let name = &columns[at].name;
            let with = |row: &Row, value: &Value| {
                let mut row = row.clone();
                row.insert(name.clone(), value.clone());
                row
            };
            rows.iter().flat_map(|row| pools[at].iter().map(move |value| with(row, value))).collect()
        })
    };
    let all: Vec<usize> = (0..columns.len()).collect();
    let size = pools.iter().map(Vec::len).try_fold(1_usize, usize::checked_mul);
    if size.is_some_and(|size| size <= ALL_COMBINATIONS) {
        return product(&all);
    }
    let pairs = all.iter().flat_map(|&a| all.iter().filter(move |b| **b > a).map(move |&b| [a, b]));
    pairs.flat_map(|pair| product(&pair)).collect()
}
