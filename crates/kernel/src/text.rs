//! How words and numbers are written wherever people read them.

/// With a capital letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// As a sentence: with a capital letter and one full stop; nothing stays nothing.
pub fn sentence(text: &str) -> String {
    let text = capital(text.trim().trim_end_matches('.'));
    if text.is_empty() { text } else { format!("{text}.") }
}

/// With commas between thousands and a true minus: −1,234,567.
pub fn grouped(number: impl Into<i128>) -> String {
    let number: i128 = number.into();
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 3);
    if number < 0 {
        out.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas_between_them() {
        let written = [0, 999, 1_000, 48_210, -7_000, i64::MIN].map(grouped);
        assert_eq!(written, ["0", "999", "1,000", "48,210", "−7,000", "−9,223,372,036,854,775,808"]);
    }

    #[test]
    fn sentences_begin_large_and_end_with_one_full_stop() {
        assert_eq!(
            ["a post needs a text", "ünder way.", "", "ßo"].map(sentence),
            ["A post needs a text.", "Ünder way.", "", "SSo."]
        );
        assert_eq!(capital("reach"), "Reach");
    }
}
