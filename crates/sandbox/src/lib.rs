//! Simulated networks that speak the real networks' HTTP APIs.
