//! Placeholder until the sandbox is there.
