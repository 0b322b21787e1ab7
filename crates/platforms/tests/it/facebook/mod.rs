mod connect;
mod content;
mod errors;
mod insights;
mod publish;
mod upload;
