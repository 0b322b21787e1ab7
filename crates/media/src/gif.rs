//! GIF: kept as it is, without comments and the notes of programs.

use crate::kind::Refusal;

/// A GIF without notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanGif {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pictures in it.
    pub frames: u32,
}

/// Walks over the blocks of a GIF (GIF89a, §12–§26) and leaves out comments and extensions of programs; the one
/// that says how often it is repeated stays.
///
/// # Errors
/// [`Refusal::Damaged`] if a block is cut off or the end is missing.
pub fn clean_gif(bytes: &[u8]) -> Result<CleanGif, Refusal> {
    let mut reader = Reader { bytes, at: 0 };
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(reader.take(6)?);
    let screen = reader.take(7)?;
    let (width, height) = (number(screen[0], screen[1]), number(screen[2], screen[3]));
    let packed = screen[4];
    out.extend_from_slice(screen);
    out.extend_from_slice(reader.take(table(packed))?);
    let mut frames = 0;
    loop {
        match reader.byte()? {
            0x3b => {
                out.push(0x3b);
                break;
            }
            0x2c => {
                let start = reader.at - 1;
                let head = reader.take(9)?;
                let own_table = table(head[8]);
                reader.take(own_table + 1)?;
                reader.sub_blocks()?;
                out.extend_from_slice(&bytes[start..reader.at]);
                frames += 1;
            }
            0x21 => {
                let start = reader.at - 1;
                let label = reader.byte()?;
                let first = reader.at + 1;
                reader.sub_blocks()?;
                let repeats = [&b"NETSCAPE2.0"[..], b"ANIMEXTS1.0"].iter().any(|n| bytes[first..].starts_with(n));
                if matches!(label, 0xf9 | 0x01) || label == 0xff && repeats {
                    out.extend_from_slice(&bytes[start..reader.at]);
                }
            }
            // Some programs pad with zeros between blocks.
            0x00 => {}
            other => return Err(Refusal::damaged(format!("block {other:#04x} where a GIF has none"))),
        }
    }
    if frames == 0 || width == 0 || height == 0 {
        return Err(Refusal::damaged("no picture in it"));
    }
    Ok(CleanGif { bytes: out, width, height, frames })
}

const fn number(low: u8, high: u8) -> u32 {
    low as u32 | (high as u32) << 8
}

/// Bytes of the colour table that the flags announce.
const fn table(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3 << ((packed & 7) + 1) }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let taken = self.bytes.get(self.at..self.at + count).ok_or_else(|| Refusal::damaged("it ends too early"))?;
        self.at += count;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        self.take(1).map(|b| b[0])
    }

    fn sub_blocks(&mut self) -> Result<(), Refusal> {
        loop {
            let size = self.byte()?;
            if size == 0 {
                return Ok(());
            }
            self.take(size.into())?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pixel, with a comment, a program's note and a repetition.
    fn gif() -> Vec<u8> {
        let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        gif.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
        gif.extend(b"\x21\xfe\x0cMira at home\0");
        gif.extend(b"\x21\xff\x0bXMP DataXMP\x05secret\0".iter().copied().take(3 + 11));
        gif.extend(b"\x06secret\0");
        gif.extend(b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b");
        gif
    }

    #[test]
    fn notes_go_and_the_picture_stays() {
        let clean = clean_gif(&gif()).expect("a GIF");
        assert_eq!((clean.width, clean.height, clean.frames), (1, 1, 1));
        let text = String::from_utf8_lossy(&clean.bytes);
        assert!(!text.contains("Mira") && !text.contains("secret"), "{text}");
        assert!(text.contains("NETSCAPE2.0"));
        assert_eq!(clean_gif(&clean.bytes).expect("still a GIF").bytes, clean.bytes);
    }

    #[test]
    fn a_cut_gif_is_damaged_wherever_it_is_cut() {
        let whole = gif();
        for end in 6..whole.len() {
            assert!(matches!(clean_gif(&whole[..end]), Err(Refusal::Damaged(_))), "cut at {end}");
        }
    }
}
