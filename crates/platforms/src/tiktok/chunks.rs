//! How a video is cut into chunks. Source: TikTok's media transfer guide, read 2026-10.
//!
//! A chunk has 5 to 64 MB, the last one takes the rest and may reach 128 MB, a file below 5 MB goes
//! whole, and there are as many chunks as the chunk size fits into the file, rounded down; at most 1000.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Size of a chunk, in bytes. 4 GB, the largest video, make 400 of them.
const CHUNK: u64 = 10_000_000;

/// A file and its chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChunkPlan {
    /// Bytes of the file.
    pub size: u64,
    /// Bytes of every chunk but the last.
    pub chunk_size: u64,
    /// How many.
    pub count: u64,
}

impl ChunkPlan {
    pub fn of(size: u64) -> Self {
        match size / CHUNK {
            0 | 1 => Self { size, chunk_size: size, count: 1 },
            count => Self { size, chunk_size: CHUNK, count },
        }
    }

    /// The bytes of a chunk; the first has the index 0.
    pub fn range(&self, index: u64) -> Range<u64> {
        let start = index * self.chunk_size;
        let end = if index + 1 >= self.count { self.size } else { start + self.chunk_size };
        start..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_rest_goes_with_the_last_chunk() {
        let plan = ChunkPlan::of(50_000_123);
        assert_eq!((plan.chunk_size, plan.count), (10_000_000, 5));
        assert_eq!(plan.range(4), 40_000_000..50_000_123, "10 000 123 bytes");
        assert_eq!(plan.range(0), 0..10_000_000);
        for whole in [1, 4_999_999, 10_000_000, 19_999_999] {
            assert_eq!(ChunkPlan::of(whole), ChunkPlan { size: whole, chunk_size: whole, count: 1 });
            assert_eq!(ChunkPlan::of(whole).range(0), 0..whole);
        }
    }

    proptest! {
        #[test]
        fn chunks_cover_the_file_and_keep_the_networks_bounds(size in 1_u64..=4 * 1024 * 1024 * 1024) {
            let plan = ChunkPlan::of(size);
            prop_assert!(plan.count <= 1000 && plan.count == size / plan.chunk_size);
            prop_assert_eq!(plan.range(0).start, 0);
            for index in 1..plan.count {
                prop_assert_eq!(plan.range(index).start, plan.range(index - 1).end);
            }
            let last = plan.range(plan.count - 1);
            prop_assert_eq!(last.end, size);
            prop_assert!(last.end - last.start <= 128 * 1024 * 1024);
            prop_assert!(size < 5_000_000 || plan.chunk_size >= 5_000_000);
        }
    }
}
