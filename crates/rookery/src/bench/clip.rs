//! A video of a few bytes: the boxes that say what it is, and no picture. Enough for networks that are simulated.

/// An MP4 of this size and length.
pub(super) fn mp4(width: u16, height: u16, seconds: u32) -> Vec<u8> {
    let mut file = boxed(*b"ftyp", &[b"isom".as_slice(), &512_u32.to_be_bytes(), b"isommp41"].concat());
    let movie = [mvhd(seconds), track(width, height, seconds)].concat();
    file.extend(boxed(*b"moov", &movie));
    file.extend(boxed(*b"mdat", &[0; 64]));
    file
}

fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).expect("a few bytes");
    [&length.to_be_bytes(), kind.as_slice(), content].concat()
}

/// Ticks of a second.
const SCALE: u32 = 1_000;
/// The matrix that leaves a picture as it is.
const UPRIGHT: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

fn matrix() -> Vec<u8> {
    UPRIGHT.iter().flat_map(|n| n.to_be_bytes()).collect()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|n| n.to_be_bytes()).collect()
}

fn mvhd(seconds: u32) -> Vec<u8> {
    let begin = words(&[0, 0, 0, SCALE, seconds * SCALE, 0x1_0000, 0x0100_0000, 0, 0]);
    boxed(*b"mvhd", &[begin, matrix(), words(&[0, 0, 0, 0, 0, 0, 2])].concat())
}

fn track(width: u16, height: u16, seconds: u32) -> Vec<u8> {
    let begin = words(&[7, 0, 0, 1, 0, seconds * SCALE, 0, 0, 0, 0]);
    let size = words(&[u32::from(width) << 16, u32::from(height) << 16]);
    let header = boxed(*b"tkhd", &[begin, matrix(), size].concat());
    let media_header = boxed(*b"mdhd", &words(&[0, 0, 0, SCALE, seconds * SCALE, 0x55c4_0000]));
    let handler = boxed(*b"hdlr", &[words(&[0, 0]), b"vide".to_vec(), vec![0; 12], b"clip\0".to_vec()].concat());
    let described = [
        vec![0; 6],
        1_u16.to_be_bytes().to_vec(),
        vec![0; 16],
        width.to_be_bytes().to_vec(),
        height.to_be_bytes().to_vec(),
        words(&[0x48_0000, 0x48_0000, 0]),
        1_u16.to_be_bytes().to_vec(),
        vec![0; 32],
        0x18_u16.to_be_bytes().to_vec(),
        0xffff_u16.to_be_bytes().to_vec(),
    ]
    .concat();
    let samples = [
        boxed(*b"stsd", &[words(&[0, 1]), boxed(*b"avc1", &described)].concat()),
        boxed(*b"stts", &words(&[0, 1, 1, seconds * SCALE])),
        boxed(*b"stsc", &words(&[0, 1, 1, 1, 1])),
        boxed(*b"stsz", &words(&[0, 64, 1])),
        boxed(*b"stco", &words(&[0, 1, 0])),
    ]
    .concat();
    let place = boxed(*b"dinf", &boxed(*b"dref", &[words(&[0, 1]), boxed(*b"url ", &words(&[1]))].concat()));
    let info = boxed(*b"minf", &[boxed(*b"vmhd", &words(&[1, 0, 0])), place, boxed(*b"stbl", &samples)].concat());
    let media = boxed(*b"mdia", &[media_header, handler, info].concat());
    boxed(*b"trak", &[header, media].concat())
}

#[cfg(test)]
mod tests {
    use super::mp4;

    #[test]
    fn the_boxes_fill_the_file() {
        let file = mp4(1080, 1920, 12);
        let mut at = 0;
        let mut kinds = Vec::new();
        while at < file.len() {
            let length = u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes")) as usize;
            kinds.push(String::from_utf8_lossy(&file[at + 4..at + 8]).into_owned());
            at += length;
        }
        assert_eq!((at, kinds), (file.len(), vec!["ftyp".to_owned(), "moov".to_owned(), "mdat".to_owned()]));
    }
}
