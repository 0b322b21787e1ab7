//! `rookery export`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rookery_kernel::Scope;
use rookery_publishing::{ExportFormat, ExportPlace};
use tokio::io::AsyncWriteExt as _;

use super::{Table, with_core};
use crate::cli::ExportArgs;
use crate::config::Config;
use crate::wiring::Core;

pub(crate) async fn export(config: &Config, args: ExportArgs) -> anyhow::Result<ExitCode> {
    with_core(config, async |core| write(core, &args).await).await?;
    Ok(ExitCode::SUCCESS)
}

async fn write(core: &Core, args: &ExportArgs) -> anyhow::Result<()> {
    let format = ExportFormat::of_ending(&args.format).context("--format is csv or jsonl")?;
    for name in &args.only {
        if !rookery_web::export_tables().any(|t| t.name == name) {
            let known: Vec<_> = rookery_web::export_tables().map(|t| t.name).collect();
            bail!("there is no table {name:?} (--only takes {})", known.join(", "));
        }
    }
    let scope = Scope::system(super::organization(core, &args.organization).await?);
    let wanted: Vec<_> = rookery_web::export_tables()
        .filter(|t| args.only.is_empty() || args.only.iter().any(|name| name == t.name))
        .collect();
    tokio::fs::create_dir_all(&args.to).await.with_context(|| format!("{} cannot be made", args.to.display()))?;
    let names: Vec<_> = wanted.iter().map(|t| t.name).collect();
    core.publishing.record_export(&scope, &names, format).await?;
    let mut table = Table::new(&["file", "rows"]);
    for of in wanted {
        let path = args.to.join(format!("{}.{}", of.name, format.ending()));
        let mut file =
            tokio::fs::File::create(&path).await.with_context(|| format!("{} cannot be written", path.display()))?;
        let (mut place, mut rows) = (Some(ExportPlace::default()), 0);
        while let Some(at) = place {
            let piece = core.publishing.export_piece(&scope, of, format, &at).await?;
            file.write_all(piece.text.as_bytes()).await?;
            rows += piece.rows;
            place = piece.next;
        }
        file.flush().await?;
        table.row(vec![path.display().to_string(), rows.to_string()]);
    }
    print!("{table}");
    Ok(())
}
