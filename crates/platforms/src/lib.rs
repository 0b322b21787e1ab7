//! One trait, one module per network: client, types, limits, error classes.
