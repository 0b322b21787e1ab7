mod connect;
mod content;
mod errors;
mod publish;

/// The account of the recorded answers.
pub(super) const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
