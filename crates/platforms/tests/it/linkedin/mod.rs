mod connect;
mod content;
mod errors;
mod metrics;
mod publish;
mod upload;

/// A page.
const PAGE: &str = "urn:li:organization:5515715";
/// A member.
const MEMBER: &str = "urn:li:person:yrZCpj2Z12";
