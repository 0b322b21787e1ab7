//! Passwords that the program makes up and prints once.

use rookery_kernel::IdGen;
use secrecy::SecretString;

/// `Nest-8c1f02-77ab3e-90d4c5`: 72 random bits that can be typed.
pub(crate) fn make(ids: &dyn IdGen) -> SecretString {
    let mut bytes = [0; 9];
    ids.fill(&mut bytes);
    let groups: Vec<String> = bytes
        .chunks(3)
        .map(|c| c.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)))
        .map(|n| format!("{n:06x}"))
        .collect();
    format!("Nest-{}", groups.join("-")).into()
}
