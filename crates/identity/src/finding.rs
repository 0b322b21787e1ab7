//! What is wrong with something a person typed.

pub use rookery_kernel::Finding;

/// The trimmed text if it has 1 to `max` characters and no control characters, else a finding.
pub(crate) fn line(field: &'static str, text: &str, max: usize) -> Result<String, Finding> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Finding::new(field, "empty", format!("The {field} is empty.")));
    }
    if text.chars().count() > max {
        return Err(Finding::new(field, "too_long", format!("The {field} is longer than {max} characters.")));
    }
    if text.chars().any(char::is_control) {
        return Err(Finding::new(field, "control_characters", format!("The {field} may not contain line breaks.")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_bounded_and_printable() {
        let code = |text: &str| line("name", text, 5).map_err(|f| f.code);
        assert_eq!(code("  Ann "), Ok("Ann".to_owned()));
        assert_eq!(code("   "), Err("empty"));
        assert_eq!(code("Annette"), Err("too_long"));
        assert_eq!(code("äöüäö"), Ok("äöüäö".to_owned()));
        assert_eq!(code("a\nb"), Err("control_characters"));
        assert_eq!(code("a\0b"), Err("control_characters"));
    }
}
