//! Databases, clocks and builders for tests.
