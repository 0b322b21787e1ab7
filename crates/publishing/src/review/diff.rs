//! What changed between two texts, word by word. Pure.

/// Words of one kind in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whether they stayed, came or went.
    pub kind: PieceKind,
    /// The words, with the blanks between them.
    pub text: String,
}

/// Whether words stayed, came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// In both texts.
    Same,
    /// Only in the newer one.
    Added,
    /// Only in the older one.
    Removed,
}

/// Longer texts are shown as one that went and one that came: the table below grows with the square.
const WORDS_MAX: usize = 2_000;

/// The way from `old` to `new`: the longest common sequence of words stays. Joined without what was removed the pieces
/// are `new`; without what was added they are `old`.
pub fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let (a, b) = (words(old), words(new));
    let mut out: Vec<Piece> = Vec::new();
    if a.len() > WORDS_MAX || b.len() > WORDS_MAX {
        push(&mut out, PieceKind::Removed, old);
        push(&mut out, PieceKind::Added, new);
        return out;
    }
    // `common[i][j]`: length of the longest common sequence of `a[i..]` and `b[j..]`.
    let width = b.len() + 1;
    let mut common = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = if a[i] == b[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            push(&mut out, PieceKind::Same, a[i]);
            (i, j) = (i + 1, j + 1);
        } else if i < a.len() && (j == b.len() || common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            push(&mut out, PieceKind::Removed, a[i]);
            i += 1;
        } else {
            push(&mut out, PieceKind::Added, b[j]);
            j += 1;
        }
    }
    out
}

/// Words and the blanks between them, in turn.
fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_blank = first.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != is_blank).unwrap_or(rest.len());
        found.push(&rest[..end]);
        rest = &rest[end..];
    }
    found
}

fn push(out: &mut Vec<Piece>, kind: PieceKind, text: &str) {
    if text.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(last) if last.kind == kind => last.text.push_str(text),
        _ => out.push(Piece { kind, text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[Piece], without: PieceKind) -> String {
        pieces.iter().filter(|p| p.kind != without).map(|p| p.text.as_str()).collect()
    }

    #[test]
    fn both_texts_can_be_read_off_the_pieces() {
        let texts =
            ["", "low tide at noon", "low water at  noon\n#tide", "Größe über alles 🌊", "x", "tide low noon at"];
        for old in texts {
            for new in texts {
                let found = pieces(old, new);
                assert_eq!(joined(&found, PieceKind::Added), old);
                assert_eq!(joined(&found, PieceKind::Removed), new);
                assert_eq!(found.iter().all(|p| p.kind == PieceKind::Same), old == new);
            }
        }
        let found = pieces("low tide at noon", "low water at noon");
        let kinds: Vec<_> = found.iter().map(|p| (p.kind, p.text.as_str())).collect();
        assert_eq!(
            kinds,
            [
                (PieceKind::Same, "low "),
                (PieceKind::Removed, "tide"),
                (PieceKind::Added, "water"),
                (PieceKind::Same, " at noon")
            ]
        );
    }
}
