//! `rookery keys`

use std::process::ExitCode;

use anyhow::bail;
use rookery_accounts::Vault;

use crate::cli::KeysCommand;
use crate::config::Config;
use crate::wiring::{BadSetup, Parts};

pub(crate) async fn keys(config: &Config, command: &KeysCommand) -> anyhow::Result<ExitCode> {
    let path = config.key_file.clone();
    let (ids, shown) = (Parts::system().ids, path.display().to_string());
    let generate = matches!(command, KeysCommand::Generate);
    let made = tokio::task::spawn_blocking(move || {
        if generate {
            if path.exists() {
                bail!("{} exists already; add a key with `rookery keys rotate`", path.display());
            }
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            Ok(Vault::create(&path, ids).map_err(BadSetup::from)?.first_key())
        } else {
            Ok(Vault::add_key(&path, &ids).map_err(BadSetup::from)?)
        }
    })
    .await??;
    println!("key {made} is in {shown} and encrypts from the next start on; back the file up apart from the database");
    Ok(ExitCode::SUCCESS)
}
