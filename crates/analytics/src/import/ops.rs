//! Operations on imports of numbers: look at a file, map its columns, decide, read what was found.

use std::collections::HashSet;
use std::time::Duration;

use rookery_accounts::Account;
use rookery_db::{Error, OrgTx};
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{AccountId, MetricImportId, Scope, Zone};
use rookery_platforms::text::hashtags;
use rookery_sheet::{Lines, decoded, open_quote};
use sha2::{Digest as _, Sha256};
use tracing::instrument;

use super::examine::{self, Ground, Told};
use super::file;
use super::jobs::{ApplyMetricImport, ExamineMetricImport, ExpireMetricImport};
use super::model::{
    FileError, ImportState, METRIC_IMPORT_BYTES_MAX, METRIC_IMPORT_ROWS_MAX, METRIC_IMPORTS_OPEN_MAX, Mapping,
    MetricImport, MetricImportError, MetricRow, MetricRowState, PlannedReading,
};
use super::store::{self, Examined, NewImport};
use crate::content::{self, Seen};
use crate::daily::{ROWS_MAX, Reading, Row};
use crate::{Analytics, tracking};

/// A preview, and the rows of an import, are kept this long.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// Rows of one transaction: as many as one statement of the writer takes.
const CHUNK: usize = ROWS_MAX;
/// Files up to this size are done before the page is shown; larger ones are jobs.
const AT_ONCE: u32 = 2_000;
/// Longest name of a file that is kept, in characters.
const FILE_NAME_MAX: usize = 255;
const IMPORTS: &str = "analytics.metric_imports";

impl Analytics {
    /// Looks at a network's own export and keeps its rows until somebody decides. No number is written. An undecided
    /// preview of the same file is replaced. `account` is whose numbers they are; `None` guesses by the file.
    ///
    /// # Errors
    /// [`MetricImportError::File`] if the whole file cannot be read; [`MetricImportError::TooManyOpen`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, bytes = bytes.len()))]
    pub async fn preview_metrics(
        &self,
        scope: &Scope,
        zone: &Zone,
        file_name: &str,
        bytes: &[u8],
        account: Option<AccountId>,
    ) -> Result<MetricImport, MetricImportError> {
        if bytes.len() > METRIC_IMPORT_BYTES_MAX {
            return Err(FileError::TooLarge { bytes: bytes.len() }.into());
        }
        let now = self.clock.now();
        let text = decoded(bytes).map_err(FileError::from)?;
        let found = file::found(&text, zone.date(now).plus_days(-1), zone)?;
        if let Some(line) = open_quote(&text, found.separator) {
            return Err(FileError::OpenQuote(line).into());
        }
        let digest = Sha256::digest(bytes);
        let mut tx = self.db.org(scope).await?;
        store::delete_open_of_file(&mut tx, &digest).await?;
        if store::count_open(&mut tx, now).await? >= METRIC_IMPORTS_OPEN_MAX {
            return Err(MetricImportError::TooManyOpen);
        }
        let accounts = self.followed(&mut tx).await?;
        let account = match account {
            Some(id) => Some(accounts.iter().find(|a| a.id == id).ok_or(MetricImportError::WrongAccount)?.id),
            None => guess(&accounts, found.source.platform(), found.account.as_deref()),
        };
        let new = NewImport {
            id: MetricImportId::generate(&*self.ids),
            file_name: &file_name.chars().take(FILE_NAME_MAX).collect::<String>(),
            file_hash: &digest,
            file_size: bytes.len(),
            separator: found.separator.label(),
            source: found.source,
            headings: &found.headings,
            mapping: &found.mapping,
            account,
            expires_at: now + KEPT,
        };
        store::insert(&mut tx, &new, now).await?;
        let mut rows = Lines::of(&text, found.separator).skip_while(|line| line.number <= found.heading_line);
        let mut total = 0;
        loop {
            let chunk: Vec<_> = rows
                .by_ref()
                .take(CHUNK)
                // PostgreSQL's JSON holds no zero byte, and text() lets none through.
                .map(|line| (line.number, line.cells))
                .collect();
            if chunk.is_empty() {
                break;
            }
            total += chunk.len();
            if total > METRIC_IMPORT_ROWS_MAX {
                return Err(FileError::TooManyRows.into());
            }
            store::insert_rows(&mut tx, new.id, &chunk).await?;
        }
        store::set_total(&mut tx, new.id, total).await?;
        let changes = Changes::new().new_value("file_name", new.file_name).new_value("rows", total);
        self.note_import(&mut tx, "insert", new.id, changes).await?;
        let expire = ExpireMetricImport { import_id: new.id };
        let door = self.jobs.caused_by(scope);
        door.enqueue_at(tx.conn(), Some(scope.organization_id), &expire, new.expires_at).await?;
        // A crash between here and the look at the rows leaves a job that looks.
        door.enqueue(tx.conn(), Some(scope.organization_id), &ExamineMetricImport { import_id: new.id }).await?;
        tx.commit().await?;
        self.examine_at_once(scope, new.id, u32::try_from(total).unwrap_or(u32::MAX)).await
    }

    /// Maps the columns anew, or names another account, and looks at all rows again.
    ///
    /// # Errors
    /// [`MetricImportError::Mapping`] says what cannot be; `NotNow` while numbers are stored; `Decided`; `WrongAccount`.
    #[instrument(skip_all, err(level = "debug"), fields(import = %id))]
    pub async fn map_metrics(
        &self,
        scope: &Scope,
        id: MetricImportId,
        mapping: &Mapping,
        account: Option<AccountId>,
    ) -> Result<MetricImport, MetricImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::lock(&mut tx, id).await?;
        let import = store::find(&mut tx, id, now).await?.ok_or(MetricImportError::NotFound)?;
        match import.state {
            ImportState::Applying => return Err(MetricImportError::NotNow("being stored")),
            ImportState::Applied => return Err(MetricImportError::Decided),
            ImportState::Reading | ImportState::Ready => {}
        }
        let mapping = Mapping { time_zone: import.mapping.time_zone.clone(), ..mapping.clone() };
        mapping.check(import.headings.len(), mapping.zone().date(now))?;
        if let Some(account) = account {
            let accounts = self.followed(&mut tx).await?;
            let fits = |a: &&Account| a.id == account && import.source.platform().is_none_or(|p| p == a.platform);
            accounts.iter().find(fits).ok_or(MetricImportError::WrongAccount)?;
        }
        store::set_mapping(&mut tx, id, &mapping, account, now).await?;
        let door = self.jobs.caused_by(scope);
        door.enqueue(tx.conn(), Some(scope.organization_id), &ExamineMetricImport { import_id: id }).await?;
        tx.commit().await?;
        self.examine_at_once(scope, id, import.counts.total).await
    }

    /// Stores what can be. A small file is stored before the answer; a large one is a job.
    ///
    /// # Errors
    /// `NoAccount`; `Broken` unless `skip_broken`; `NothingReady`; `NotNow` while rows are examined; `Decided`.
    #[instrument(skip_all, err(level = "debug"), fields(import = %id))]
    pub async fn apply_metrics(
        &self,
        scope: &Scope,
        id: MetricImportId,
        skip_broken: bool,
    ) -> Result<MetricImport, MetricImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::lock(&mut tx, id).await?;
        let import = store::find(&mut tx, id, now).await?.ok_or(MetricImportError::NotFound)?;
        match import.state {
            ImportState::Reading => return Err(MetricImportError::NotNow("being read")),
            ImportState::Applying => return Err(MetricImportError::NotNow("being stored")),
            ImportState::Applied => return Err(MetricImportError::Decided),
            ImportState::Ready => {}
        }
        let account = import.account.ok_or(MetricImportError::NoAccount)?;
        if !self.followed(&mut tx).await?.iter().any(|a| a.id == account) {
            return Err(MetricImportError::WrongAccount);
        }
        if import.counts.ready == 0 {
            return Err(MetricImportError::NothingReady);
        }
        if import.counts.broken > 0 && !skip_broken {
            return Err(MetricImportError::Broken(import.counts.broken));
        }
        store::set_applying(&mut tx, id, now).await?;
        let changes = Changes::new()
            .new_value("rows", import.counts.ready)
            .new_value("left_out", import.counts.broken)
            .new_value("integration_id", account.to_string())
            .note("file_name", &import.file_name);
        self.note_import(&mut tx, "import", id, changes).await?;
        let job = ApplyMetricImport { import_id: id };
        let door = self.jobs.caused_by(scope);
        door.enqueue(tx.conn(), Some(scope.organization_id), &job).await?;
        tx.commit().await?;
        if import.counts.ready > AT_ONCE {
            self.jobs.wake();
        } else {
            while self.apply_some(scope, id).await?.is_some() {}
        }
        self.metric_import(scope, id).await
    }

    /// Does here what is left for the queue: reads the rows of a preview, or stores those of an import. `tell` hears how
    /// many rows are done, of how many. A worker may take part; nothing is done twice.
    ///
    /// # Errors
    /// `NotFound`, or the database's.
    pub async fn work_off_metrics(
        &self,
        scope: &Scope,
        id: MetricImportId,
        mut tell: impl FnMut(u32, u32),
    ) -> Result<MetricImport, MetricImportError> {
        while let Some(import) = self.examine_some(scope, id).await? {
            tell(import.counts.done, import.counts.total);
        }
        while let Some(import) = self.apply_some(scope, id).await? {
            tell(import.counts.done, import.counts.ready);
        }
        self.metric_import(scope, id).await
    }

    /// Takes a preview away.
    ///
    /// # Errors
    /// `NotFound` if there is none that waits.
    pub async fn cancel_metrics(&self, scope: &Scope, id: MetricImportId) -> Result<(), MetricImportError> {
        let mut tx = self.db.org(scope).await?;
        if !store::delete_open(&mut tx, id).await? {
            return Err(MetricImportError::NotFound);
        }
        self.note_import(&mut tx, "delete", id, Changes::new()).await?;
        Ok(tx.commit().await?)
    }

    /// One import.
    ///
    /// # Errors
    /// `NotFound`, also for a preview whose time is over.
    pub async fn metric_import(&self, scope: &Scope, id: MetricImportId) -> Result<MetricImport, MetricImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx, id, now).await?.ok_or(MetricImportError::NotFound)
    }

    /// The newest imports.
    ///
    /// # Errors
    /// The database's.
    pub async fn metric_imports(&self, scope: &Scope, limit: u16) -> Result<Vec<MetricImport>, MetricImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        Ok(store::newest(&mut tx, i64::from(limit), now).await?)
    }

    /// Rows of an import after a line, in the file's order, all or those in one state.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn metric_rows(
        &self,
        scope: &Scope,
        id: MetricImportId,
        state: Option<MetricRowState>,
        after: u32,
        limit: i64,
    ) -> Result<Vec<MetricRow>, MetricImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx, id, now).await?.ok_or(MetricImportError::NotFound)?;
        Ok(store::rows(&mut tx, id, state, after, limit).await?)
    }

    /// The accounts that are followed or were: numbers of others would be seen nowhere.
    async fn followed(&self, tx: &mut OrgTx) -> Result<Vec<Account>, MetricImportError> {
        let followed: HashSet<AccountId> = tracking::list(tx).await?.into_iter().map(|t| t.integration_id).collect();
        let mut accounts = self.accounts.list_in(tx).await?;
        accounts.retain(|account| followed.contains(&account.id));
        Ok(accounts)
    }

    async fn examine_at_once(
        &self,
        scope: &Scope,
        id: MetricImportId,
        rows: u32,
    ) -> Result<MetricImport, MetricImportError> {
        if rows > AT_ONCE {
            self.jobs.wake();
        } else {
            while self.examine_some(scope, id).await?.is_some() {}
        }
        self.metric_import(scope, id).await
    }

    /// Examines the next rows, in one transaction; `None` when there is nothing left to examine.
    pub(super) async fn examine_some(&self, scope: &Scope, id: MetricImportId) -> Result<Option<MetricImport>, Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::lock(&mut tx, id).await?;
        let Some(import) = store::find(&mut tx, id, now).await? else { return Ok(None) };
        if import.state != ImportState::Reading {
            return Ok(None);
        }
        let chunk = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let rows = store::rows_from(&mut tx, id, import.last_line, chunk).await?;
        if rows.is_empty() {
            store::break_twins(&mut tx, id).await?;
            store::set_ready(&mut tx, id, now).await?;
            tx.commit().await?;
            return Ok(None);
        }
        let accounts = self.accounts.list_in(&mut tx).await?;
        let account = import.account.and_then(|id| accounts.iter().find(|a| a.id == id));
        let zone = import.mapping.zone();
        let ground = Ground {
            headings: &import.headings,
            mapping: &import.mapping,
            platform: account.map(|a| a.platform).or(import.source.platform()),
            zone: &zone,
            now,
        };
        let told: Vec<(u32, Told)> = rows.iter().map(|(line, cells)| (*line, examine::told(&ground, cells))).collect();
        let mut wanted: (Vec<String>, Vec<String>) = Default::default();
        for (_, told) in &told {
            if let Told::Item { ids, reading, .. } = told {
                wanted.0.extend(ids.iter().cloned());
                wanted.1.extend(reading.link.iter().cloned());
            }
        }
        let known = match account {
            Some(account) => store::known(&mut tx, account.id, &wanted.0, &wanted.1).await?,
            None => std::collections::HashMap::new(),
        };
        let examined: Vec<Examined> = told
            .into_iter()
            .map(|(line, told)| match told {
                Told::Skipped(finding) => {
                    Examined { line, state: MetricRowState::Skipped, reading: None, findings: vec![finding] }
                }
                Told::Broken(findings) => Examined { line, state: MetricRowState::Broken, reading: None, findings },
                Told::Item { ids, mut reading, mut findings } => {
                    let own = ids.iter().chain(&reading.link).find_map(|name| known.get(name));
                    reading.is_new = own.is_none();
                    match own {
                        Some(own) => reading.external_id.clone_from(own),
                        None => findings.extend(examine::unknown_item(&reading, &import.headings, &import.mapping)),
                    }
                    let state = if findings.is_empty() { MetricRowState::Ready } else { MetricRowState::Broken };
                    Examined { line, state, reading: Some(reading), findings }
                }
            })
            .collect();
        store::write_examined(&mut tx, id, &examined).await?;
        let last = examined.last().map_or(import.last_line, |row| row.line);
        store::set_done(&mut tx, id, examined.len(), last, now).await?;
        tx.commit().await?;
        Ok(Some(import))
    }

    /// Stores the next rows; `None` when all are. Doing it twice changes nothing more.
    pub(super) async fn apply_some(&self, scope: &Scope, id: MetricImportId) -> Result<Option<MetricImport>, Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::lock(&mut tx, id).await?;
        let Some(import) = store::find(&mut tx, id, now).await? else { return Ok(None) };
        let (ImportState::Applying, Some(account)) = (import.state, import.account) else { return Ok(None) };
        let rows = store::next_ready(&mut tx, id, i64::try_from(CHUNK).unwrap_or(i64::MAX)).await?;
        if rows.is_empty() {
            store::set_applied(&mut tx, id, now).await?;
            self.roll_up_if_marked(&mut tx).await?;
            tx.commit().await?;
            return Ok(None);
        }
        let (content, new) = self.add_content(&mut tx, account, &rows, now).await?;
        tx.commit().await?;
        let zone = import.mapping.zone();
        let readings = rows.iter().map(|(_, r)| row(account, r, new.contains(&r.external_id), &zone, now)).collect();
        let written = self.writer.write(scope, readings).await?;
        let mut tx = self.db.org(scope).await?;
        store::lock(&mut tx, id).await?;
        let lines: Vec<u32> = rows.iter().map(|(line, _)| *line).collect();
        let of_other_basis: Vec<String> = written.of_other_basis.into_iter().map(|(_, item)| item).collect();
        store::set_stored(&mut tx, id, &lines, &of_other_basis, (content, written.rows), now).await?;
        tx.commit().await?;
        Ok(Some(import))
    }

    /// Items that are not known yet; how many, and which. What was collected knows more than an export, and stays as it is.
    async fn add_content(
        &self,
        tx: &mut OrgTx,
        account: AccountId,
        rows: &[(u32, PlannedReading)],
        now: rookery_kernel::Timestamp,
    ) -> Result<(u64, HashSet<String>), Error> {
        let ids: Vec<String> = rows.iter().map(|(_, r)| r.external_id.clone()).collect();
        let known = store::known(tx, account, &ids, &[]).await?;
        let mut seen: HashSet<&str> = HashSet::new();
        let new: Vec<Seen> = rows
            .iter()
            .map(|(_, reading)| reading)
            .filter(|r| !known.contains_key(&r.external_id) && seen.insert(&r.external_id))
            .filter_map(|r| {
                Some(Seen {
                    external_id: r.external_id.clone(),
                    external_parent_id: None,
                    format: r.format,
                    caption: r.caption.clone(),
                    hashtags: r.caption.as_deref().map(hashtags).unwrap_or_default(),
                    language: None,
                    permalink: r.link.clone(),
                    media_url: None,
                    thumbnail_url: None,
                    duration_ms: None,
                    published_at: r.published_at?,
                    raw: None,
                })
            })
            .collect();
        if new.is_empty() {
            return Ok((0, HashSet::new()));
        }
        let Some(platform) = self.accounts.list_in(tx).await?.into_iter().find(|a| a.id == account).map(|a| a.platform)
        else {
            return Ok((0, HashSet::new()));
        };
        let external: Vec<String> = new.iter().map(|item| item.external_id.clone()).collect();
        let ours = content::our_posts(tx, account, &external).await?;
        let added = content::upsert(tx, &*self.ids, account, platform, &new, &ours, now).await?;
        // Somebody else may have added some of them meanwhile, with numbers.
        let is_all = usize::try_from(added).is_ok_and(|added| added == external.len());
        Ok((added, if is_all { external.into_iter().collect() } else { HashSet::new() }))
    }

    pub(super) async fn expire_metric_import(&self, scope: &Scope, id: MetricImportId) -> Result<(), Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::expire(&mut tx, id, now).await?;
        tx.commit().await
    }

    async fn note_import(
        &self,
        tx: &mut OrgTx,
        action: &str,
        id: MetricImportId,
        changes: Changes,
    ) -> Result<(), Error> {
        let entry =
            audit::Entry { action, resource: IMPORTS, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }
}

/// A row as the writer takes it. It counts as read when its day ended: what was collected for the same day was read later
/// and stays.
fn row(account: AccountId, r: &PlannedReading, is_first: bool, zone: &Zone, now: rookery_kernel::Timestamp) -> Row {
    let n = r.numbers;
    Row {
        account,
        date: r.date,
        is_partial: false,
        fetched_at: zone.start_of(r.date.plus_days(1)).min(now),
        source_version: "import".to_owned(),
        is_first,
        overwrites: false,
        reading: Reading {
            external_id: r.external_id.clone(),
            reach: n.reach,
            impressions: n.impressions,
            views: n.views,
            reactions: n.reactions,
            comments: n.comments,
            shares: n.shares,
            clicks: n.clicks,
            saves: n.saves,
            watch_time_ms: r.watch_time_ms,
            avg_watch_time_ms: None,
            completion_rate: None,
            extra: serde_json::Value::Object(serde_json::Map::new()),
            basis: r.basis,
        },
    }
}

/// Whose numbers a file holds: the account that it names, or the only one of its network.
fn guess(accounts: &[Account], platform: Option<rookery_kernel::Platform>, named: Option<&str>) -> Option<AccountId> {
    let platform = platform?;
    let of_network: Vec<&Account> = accounts.iter().filter(|a| a.platform == platform).collect();
    let is_named = |a: &&&Account| {
        named.is_some_and(|name| {
            a.platform_user_id == name || a.username.eq_ignore_ascii_case(name.trim_start_matches('@'))
        })
    };
    match of_network.as_slice() {
        [only] => Some(only.id),
        several => several.iter().find(is_named).map(|a| a.id),
    }
}
