//! Connected social accounts: tokens, health, platform rules.
