-- What each network takes as media, as rows of the rule book: one per use (post, carousel, story, reel, short) and
-- kind (image, gif, video). Bytes are decimal; ratios are width:height, from-to; a missing limit is none that is known.
-- Larger pictures are scaled down when they are sent; videos are never converted. The words of docs/media.md hold.
UPDATE accounts.platform_rules r
SET media_rules = jsonb_build_object('verified_on', '2026-11-21', 'uses', n.uses)
FROM (VALUES
    ('facebook'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg", "png"], "max_bytes": 4000000, "max_count": 10},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "png"], "max_bytes": 4000000, "max_count": 10},
        {"use": "post", "kind": "gif", "formats": ["gif"], "max_bytes": 4000000, "max_count": 1},
        {"use": "post", "kind": "video", "formats": ["mp4", "mov"], "max_count": 1},
        {"use": "reel", "kind": "video", "formats": ["mp4"], "min_seconds": 3, "max_seconds": 90, "min_width": 540, "min_height": 960, "ratios": ["9:16"], "tolerance": 0.02, "max_count": 1},
        {"use": "story", "kind": "image", "formats": ["jpeg", "png"], "max_bytes": 4000000, "max_count": 1},
        {"use": "story", "kind": "video", "formats": ["mp4", "mov"], "max_seconds": 60, "max_count": 1}
    ]'::jsonb),
    ('instagram'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg"], "max_bytes": 8000000, "min_width": 320, "max_width": 1440, "ratios": ["4:5-1.91:1"], "tolerance": 0.01, "max_count": 1},
        {"use": "carousel", "kind": "image", "formats": ["jpeg"], "max_bytes": 8000000, "min_width": 320, "max_width": 1440, "ratios": ["4:5-1.91:1"], "tolerance": 0.01, "max_count": 10},
        {"use": "post", "kind": "video", "formats": ["mp4", "mov"], "max_bytes": 300000000, "min_seconds": 3, "max_seconds": 900, "max_width": 1920, "max_count": 1},
        {"use": "reel", "kind": "video", "formats": ["mp4", "mov"], "max_bytes": 300000000, "min_seconds": 3, "max_seconds": 900, "max_width": 1920, "max_count": 1},
        {"use": "carousel", "kind": "video", "formats": ["mp4", "mov"], "max_bytes": 300000000, "min_seconds": 3, "max_seconds": 900, "max_width": 1920, "max_count": 10},
        {"use": "story", "kind": "image", "formats": ["jpeg"], "max_bytes": 8000000, "min_width": 320, "min_height": 568, "max_width": 1080, "max_height": 1920, "ratios": ["9:16"], "tolerance": 0.02, "max_count": 1},
        {"use": "story", "kind": "video", "formats": ["mp4", "mov"], "max_bytes": 100000000, "min_seconds": 3, "max_seconds": 60, "max_width": 1920, "ratios": ["9:16"], "tolerance": 0.02, "max_count": 1}
    ]'::jsonb),
    ('threads'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg", "png"], "max_bytes": 8000000, "min_width": 320, "max_width": 1440, "ratios": ["1:10-10:1"], "tolerance": 0.01, "max_count": 1},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "png"], "max_bytes": 8000000, "min_width": 320, "max_width": 1440, "ratios": ["1:10-10:1"], "tolerance": 0.01, "max_count": 20},
        {"use": "post", "kind": "video", "formats": ["mp4", "mov"], "max_bytes": 1000000000, "max_seconds": 300, "max_width": 1920, "max_count": 1},
        {"use": "carousel", "kind": "video", "formats": ["mp4", "mov"], "max_bytes": 1000000000, "max_seconds": 300, "max_width": 1920, "max_count": 20}
    ]'::jsonb),
    ('twitter'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg", "png", "webp"], "max_bytes": 5000000, "max_count": 4},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "png", "webp"], "max_bytes": 5000000, "max_count": 4},
        {"use": "post", "kind": "gif", "formats": ["gif"], "max_bytes": 15000000, "max_width": 1280, "max_height": 1080, "max_count": 1},
        {"use": "post", "kind": "video", "formats": ["mp4", "mov"], "max_bytes": 512000000, "min_seconds": 0.5, "max_seconds": 140, "min_width": 32, "min_height": 32, "max_width": 1280, "max_height": 1280, "ratios": ["1:3-3:1"], "tolerance": 0.01, "max_count": 1}
    ]'::jsonb),
    ('linkedin'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg", "png"], "max_bytes": 100000000, "max_pixels": 36152320, "max_count": 1},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "png"], "max_bytes": 100000000, "max_pixels": 36152320, "max_count": 20},
        {"use": "post", "kind": "gif", "formats": ["gif"], "max_bytes": 100000000, "max_pixels": 36152320, "max_count": 1},
        {"use": "post", "kind": "video", "formats": ["mp4"], "min_bytes": 75000, "max_bytes": 500000000, "min_seconds": 3, "max_seconds": 1800, "max_count": 1}
    ]'::jsonb),
    ('tiktok'::accounts.platform, '[
        {"use": "post", "kind": "video", "formats": ["mp4", "mov", "webm"], "max_bytes": 4000000000, "max_seconds": 600, "min_width": 360, "min_height": 360, "max_width": 4096, "max_height": 4096, "max_count": 1},
        {"use": "post", "kind": "image", "formats": ["jpeg", "webp"], "max_bytes": 20000000, "max_width": 1080, "max_height": 1920, "max_count": 1},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "webp"], "max_bytes": 20000000, "max_width": 1080, "max_height": 1920, "max_count": 35}
    ]'::jsonb),
    ('youtube'::accounts.platform, '[
        {"use": "post", "kind": "video", "formats": ["mp4", "mov", "webm"], "max_bytes": 256000000000, "max_seconds": 43200, "max_count": 1},
        {"use": "short", "kind": "video", "formats": ["mp4", "mov", "webm"], "max_bytes": 256000000000, "max_seconds": 180, "ratios": ["1:4-1:1"], "tolerance": 0.01, "max_count": 1}
    ]'::jsonb),
    ('reddit'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg", "png"], "max_count": 1},
        {"use": "post", "kind": "gif", "formats": ["gif"], "max_count": 1},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "png"], "max_count": 20},
        {"use": "post", "kind": "video", "formats": ["mp4", "mov"], "max_count": 1}
    ]'::jsonb),
    ('mastodon'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg", "png", "webp"], "max_bytes": 16000000, "max_count": 4},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "png", "webp"], "max_bytes": 16000000, "max_count": 4},
        {"use": "post", "kind": "gif", "formats": ["gif"], "max_bytes": 16000000, "max_count": 1},
        {"use": "carousel", "kind": "gif", "formats": ["gif"], "max_bytes": 16000000, "max_count": 4},
        {"use": "post", "kind": "video", "formats": ["mp4", "mov", "webm"], "max_bytes": 99000000, "max_count": 1}
    ]'::jsonb),
    ('bluesky'::accounts.platform, '[
        {"use": "post", "kind": "image", "formats": ["jpeg", "png", "webp"], "max_bytes": 1000000, "max_count": 4},
        {"use": "carousel", "kind": "image", "formats": ["jpeg", "png", "webp"], "max_bytes": 1000000, "max_count": 4},
        {"use": "post", "kind": "video", "formats": ["mp4"], "max_bytes": 300000000, "max_seconds": 180, "max_count": 1}
    ]'::jsonb)
) AS n (platform, uses)
WHERE n.platform = r.platform AND NOT r.overridden;
COMMENT ON COLUMN accounts.platform_rules.media_rules IS 'Limits of media: the day they were looked up, and a list of uses with kind, formats, bytes, seconds, pixels, ratios and count.';
