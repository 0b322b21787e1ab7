//! Operations on imports: look at a file, decide about it, read what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rookery_accounts::{Account, AccountsError, PlatformRules};
use rookery_db::OrgTx;
use rookery_governance::audit;
use rookery_kernel::{AccountId, MediaAssetId, PostImportId, RevisionId, Scope, Timestamp, Zone};
use tracing::instrument;

use super::columns::Column;
use super::jobs::ExpireImport;
use super::model::{
    FileError, IMPORTS_OPEN_MAX, ImportOutcome, ImportRow, ImportWish, PostImport, RowFinding, RowState, RowSummary,
};
use super::parse::{self, Known, NamedFile};
use super::store::{self, NewImport, NewRow};
use crate::Publishing;
use crate::house::HouseError;
use crate::media::{self, StoredFile};
use crate::post::{Held, MediaUse, NewPost, PostError, Schedule, compose_queries, excerpt, store as posts};
use crate::sheet;
use crate::validation::{self, Draft, Severity};

/// A preview, and the rows that an import left out, are kept this long.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// The window of a network's daily limit (PUB-38).
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Longest name of a file that is kept, in characters.
const FILE_NAME_MAX: usize = 255;

/// An import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file as a whole is no file of posts.
    #[error(transparent)]
    File(#[from] FileError),
    /// No such import in this organization, or its time is over.
    #[error("there is no such import; a preview is kept for seven days")]
    NotFound,
    /// Too many previews wait.
    #[error("{IMPORTS_OPEN_MAX} files wait for a decision already; import or cancel some of them first")]
    TooManyOpen,
    /// It holds broken rows, and nobody said to leave them out.
    #[error("{0} rows are broken; import the others without them, or mend the file and upload it again")]
    Broken(u32),
    /// Nothing could be imported.
    #[error("no row can be imported; mend the file and upload it again")]
    NothingReady,
    /// Rows that were fine are not any more; the preview shows why.
    #[error("since the preview, lines {} have changed; look at them again", lines(.0))]
    Changed(Vec<u32>),
    /// It plans posts, and who asks may only write drafts.
    #[error("you may write drafts; import the rows as drafts, or ask somebody who may publish")]
    MayNotPlan,
    /// The accounts could not be read.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The organization could not be read.
    #[error(transparent)]
    House(#[from] HouseError),
    /// A post could not be made.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

fn lines(lines: &[u32]) -> String {
    let mut words: Vec<String> = lines.iter().take(10).map(u32::to_string).collect();
    if lines.len() > 10 {
        words.push("…".to_owned());
    }
    words.join(", ")
}

/// A row as a second look sees it.
struct Examined {
    line: u32,
    new: NewPost,
    files: Vec<(MediaAssetId, StoredFile)>,
    summary: RowSummary,
    findings: Vec<RowFinding>,
}

impl Examined {
    fn is_ready(&self) -> bool {
        !self.findings.iter().any(RowFinding::is_error)
    }
}

/// What rows are held against.
struct Ground {
    accounts: Vec<Account>,
    rules: Vec<PlatformRules>,
    now: Timestamp,
}

impl Publishing {
    /// Looks at a file of posts and keeps what was found, row by row, until somebody decides. Nothing else is written.
    /// An undecided preview of the same file is replaced.
    ///
    /// # Errors
    /// [`ImportError::File`] if the whole file cannot be read; [`ImportError::TooManyOpen`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn preview_import(
        &self,
        scope: &Scope,
        file_name: &str,
        bytes: &[u8],
    ) -> Result<PostImport, ImportError> {
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let found = self.preview_in(&mut tx, rules, file_name, bytes).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// The preview of a file with all its rows; nothing is kept.
    ///
    /// # Errors
    /// As [`Publishing::preview_import`].
    pub async fn try_import(
        &self,
        scope: &Scope,
        file_name: &str,
        bytes: &[u8],
    ) -> Result<(PostImport, Vec<ImportRow>), ImportError> {
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let found = self.preview_in(&mut tx, rules, file_name, bytes).await?;
        let rows = store::rows(&mut tx, found.id, None, 0, i64::MAX).await?;
        tx.rollback().await;
        Ok((found, rows))
    }

    async fn preview_in(
        &self,
        tx: &mut OrgTx,
        rules: Vec<PlatformRules>,
        file_name: &str,
        bytes: &[u8],
    ) -> Result<PostImport, ImportError> {
        let now = self.clock.now();
        let file = parse::file(bytes)?;
        let digest = sha256(bytes);
        let home = self.identity.organization_in(tx).await.map_err(HouseError::from)?.timezone;
        store::delete_open_of_file(tx, &digest).await?;
        if store::count_open(tx, now).await? >= IMPORTS_OPEN_MAX {
            return Err(ImportError::TooManyOpen);
        }
        let ground = Ground { accounts: self.accounts.list_in(tx).await?, rules, now };
        let given: Vec<_> = file.rows.iter().map(|row| (row.number, row.cells.as_slice())).collect();
        let mut examined = self.examine(tx, &file.headings, &given, &home, &ground).await?;
        if let Some(line) = file.open_quote
            && let Some(last) = examined.last_mut()
        {
            let message =
                format!("Line {line} opens a quotation that never ends; everything after it was read as one cell.");
            last.findings.push(
                RowFinding::new(None, "quote_open", Severity::Error, message)
                    .suggest("Write the closing quotation mark; a mark inside a text is written twice."),
            );
        }
        let rows: Vec<_> = examined
            .into_iter()
            .zip(&file.rows)
            .map(|(row, line)| new_row(row, &line.cells, &file.headings, &digest))
            .collect();
        let id = PostImportId::generate(&*self.ids);
        let name: String = file_name.chars().filter(|c| !c.is_control()).take(FILE_NAME_MAX).collect();
        let new = NewImport {
            id,
            file_name: if name.trim().is_empty() { "posts.csv" } else { &name },
            file_hash: &digest,
            file_size: bytes.len(),
            separator: file.separator.label(),
            headings: &file.headings,
            time_zone: home.name(),
            expires_at: now + KEPT,
        };
        store::insert(tx, &new, now).await?;
        store::insert_rows(tx, id, &rows).await?;
        let organization = tx.organization_id();
        let door = self.jobs.caused_by(tx.scope());
        door.enqueue_at(tx.conn(), Some(organization), &ExpireImport { import_id: id }, new.expires_at).await?;
        store::find(tx, id, now).await?.ok_or(ImportError::NotFound)
    }

    /// One import.
    ///
    /// # Errors
    /// [`ImportError::NotFound`], also for a preview whose time is over.
    pub async fn post_import(&self, scope: &Scope, id: PostImportId) -> Result<PostImport, ImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx, id, now).await?.ok_or(ImportError::NotFound)
    }

    /// The newest imports, previews and decided ones.
    ///
    /// # Errors
    /// The database's.
    pub async fn post_imports(&self, scope: &Scope, limit: u16) -> Result<Vec<PostImport>, ImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        Ok(store::newest(&mut tx, i64::from(limit), now).await?)
    }

    /// Rows of an import after a line, in the file's order; `state` is `ready`, `broken` or `imported`.
    ///
    /// # Errors
    /// [`ImportError::NotFound`].
    pub async fn import_rows(
        &self,
        scope: &Scope,
        id: PostImportId,
        state: Option<&str>,
        after: u32,
        limit: i64,
    ) -> Result<Vec<ImportRow>, ImportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx, id, now).await?.ok_or(ImportError::NotFound)?;
        Ok(store::rows(&mut tx, id, state, after, limit).await?)
    }

    /// The broken rows as a CSV file that can be mended and uploaded: their cells, and before them the line and the
    /// reasons, which an import does not read.
    ///
    /// # Errors
    /// [`ImportError::NotFound`].
    pub async fn broken_rows_csv(&self, scope: &Scope, id: PostImportId) -> Result<String, ImportError> {
        let import = self.post_import(scope, id).await?;
        let rows = self.import_rows(scope, id, Some(RowState::Broken.label()), 0, i64::MAX).await?;
        let own = ["line of the file", "reasons"];
        let headings = own.iter().map(|h| (*h).to_owned()).chain(import.headings.iter().map(|h| sheet::defused(h)));
        // A byte order mark, so that spreadsheets read the file as UTF-8.
        let mut csv = format!("\u{feff}{}", sheet::write_line(headings));
        for row in rows {
            let reasons: Vec<String> = row.findings.iter().filter(|f| f.is_error()).map(reason).collect();
            let first = [row.line.to_string(), sheet::defused(&reasons.join(" "))];
            // Cells were read as they stood there, so an apostrophe of ours is still before them.
            let cells = row.cells.iter().take(import.headings.len()).map(|c| sheet::defused(sheet::restored(c)));
            csv.push_str(&sheet::write_line(first.into_iter().chain(cells)));
        }
        Ok(csv)
    }

    /// Makes posts of the rows of a preview that nothing stands against, all in one transaction, after another look at
    /// every row. Asked again it makes nothing and gives the same answer.
    ///
    /// # Errors
    /// [`ImportError::Broken`] unless broken rows are to be left out; [`ImportError::Changed`] if another look finds
    /// otherwise than the preview, which then shows it; [`ImportError::MayNotPlan`], [`ImportError::NothingReady`].
    #[instrument(skip_all, err, fields(import = %id))]
    pub async fn apply_import(
        &self,
        scope: &Scope,
        id: PostImportId,
        wish: ImportWish,
    ) -> Result<ImportOutcome, ImportError> {
        let now = self.clock.now();
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        store::lock_open(&mut tx).await?;
        let import = store::find(&mut tx, id, now).await?.ok_or(ImportError::NotFound)?;
        if let Some(imported) = import.imported {
            return Ok(ImportOutcome { imported, already: 0, left_out: import.counts.broken });
        }
        let home: Zone = import.time_zone.parse().unwrap_or_else(|_| Zone::utc());
        let house = self.house_in(&mut tx).await?;
        let ground = Ground { accounts: self.accounts.list_in(&mut tx).await?, rules, now };
        let stored = store::rows(&mut tx, id, None, 0, i64::MAX).await?;
        let is_open = |row: &&ImportRow| !matches!(row.state, RowState::Imported(_));
        let already = stored.len() - stored.iter().filter(is_open).count();
        // A quotation that never ends is a fault of the file, which a row alone does not show.
        let is_cut = |row: &ImportRow| row.findings.iter().any(|f| f.code == "quote_open");
        let open: Vec<&ImportRow> = stored.iter().filter(is_open).filter(|row| !is_cut(row)).collect();
        let cut = stored.iter().filter(|row| is_cut(row)).count();
        let given: Vec<_> = open.iter().map(|row| (row.line, row.cells.as_slice())).collect();
        let examined = self.examine(&mut tx, &import.headings, &given, &home, &ground).await?;
        let changed: Vec<u32> =
            examined.iter().zip(&open).filter(|(now, then)| differs(now, then)).map(|(r, _)| r.line).collect();
        if !changed.is_empty() {
            let digest = store::file_hash(&mut tx, id).await?;
            let rows: Vec<_> = examined
                .into_iter()
                .zip(&open)
                .map(|(row, then)| new_row(row, &then.cells, &import.headings, &digest))
                .collect();
            store::update_rows(&mut tx, id, &rows).await?;
            tx.commit().await?;
            return Err(ImportError::Changed(changed));
        }
        let (ready, broken): (Vec<_>, Vec<_>) = examined.into_iter().partition(Examined::is_ready);
        let left_out = broken.len() + cut;
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if left_out > 0 && !wish.skip_broken {
            return Err(ImportError::Broken(count(left_out)));
        }
        if ready.is_empty() {
            return Err(ImportError::NothingReady);
        }
        if !wish.as_drafts && !wish.may_plan && ready.iter().any(|row| row.new.schedule != Schedule::Draft) {
            return Err(ImportError::MayNotPlan);
        }
        let (mut all, mut compositions, mut made) = (Vec::new(), Vec::new(), Vec::new());
        for row in ready {
            let new = if wish.as_drafts { NewPost { schedule: Schedule::Draft, ..row.new } } else { row.new };
            let (held, composition) = self.made(scope, &house, new, None, &ground.accounts, &row.files)?;
            made.push((row.line, held.post.id));
            all.push(held);
            compositions.push(composition);
        }
        Held::save_imported(&mut tx, &*self.clock, &mut all).await?;
        let uses: Vec<_> = all.iter().zip(&compositions).map(|(h, c)| (h.post.id, c.media.as_slice())).collect();
        media::insert_many(&mut tx, &*self.ids, &uses, now).await?;
        let revisions: Vec<_> = all
            .iter()
            .zip(&compositions)
            .map(|(h, c)| {
                let parts = posts::RevisionParts { media: &c.media, variants: &c.variants };
                (RevisionId::generate(&*self.ids), &h.post, parts)
            })
            .collect();
        posts::insert_imported_revisions(&mut tx, &revisions, now).await?;
        let publications: Vec<_> = all.iter().flat_map(|h| h.publications.iter().cloned()).collect();
        self.enqueue_deliveries(&mut tx, &publications).await?;
        store::link_posts(&mut tx, id, &made).await?;
        store::set_applied(&mut tx, id, made.len(), now).await?;
        let entry = audit::Entry {
            action: "import",
            resource: "publishing.post_imports",
            resource_id: Some(id.to_string()),
            changes: store::audit_changes(&import, made.len(), already, left_out),
        };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(ImportOutcome { imported: count(made.len()), already: count(already), left_out: count(left_out) })
    }

    /// Takes a preview away; nothing was written but itself.
    ///
    /// # Errors
    /// [`ImportError::NotFound`] if there is none, or it was decided.
    #[instrument(skip_all, err, fields(import = %id))]
    pub async fn cancel_import(&self, scope: &Scope, id: PostImportId) -> Result<(), ImportError> {
        let mut tx = self.db.org(scope).await?;
        if !store::delete_open(&mut tx, id).await? {
            return Err(ImportError::NotFound);
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deletes what an import keeps no longer than needed.
    pub(super) async fn expire_import(&self, scope: &Scope, id: PostImportId) -> Result<(), rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::expire(&mut tx, id, now).await?;
        tx.commit().await
    }

    /// Reads rows and holds them against everything a post is held against, with a fixed number of statements.
    async fn examine(
        &self,
        tx: &mut OrgTx,
        headings: &[String],
        rows: &[(u32, &[String])],
        home: &Zone,
        ground: &Ground,
    ) -> Result<Vec<Examined>, ImportError> {
        let names: BTreeSet<String> = rows.iter().flat_map(|(_, cells)| parse::media_names(headings, cells)).collect();
        let names: Vec<String> = names.into_iter().collect();
        let files = media::named(tx, &names).await?;
        let files: Vec<_> = files.into_iter().map(|(id, name)| NamedFile { id, name }).collect();
        let known = Known { accounts: &ground.accounts, files: &files, home };
        let read: Vec<_> = rows.iter().map(|(line, cells)| (*line, parse::row(headings, cells, &known))).collect();
        let used: BTreeSet<MediaAssetId> =
            read.iter().flat_map(|(_, row)| row.new.composition.media.iter().map(|m| m.asset_id)).collect();
        let used: Vec<_> = used.into_iter().map(|asset_id| MediaUse { asset_id, alt_text: None }).collect();
        let stored: BTreeMap<MediaAssetId, StoredFile> = media::kinds_of(tx, &used).await?.into_iter().collect();
        let mut examined: Vec<Examined> =
            read.into_iter().map(|(line, row)| self.held_against(line, row, &stored, ground)).collect();
        self.find_repetitions(tx, &mut examined, ground).await?;
        find_crowding(tx, &mut examined, ground).await?;
        Ok(examined)
    }

    /// A row and everything the post's own check finds.
    fn held_against(
        &self,
        line: u32,
        row: parse::Row,
        stored: &BTreeMap<MediaAssetId, StoredFile>,
        ground: &Ground,
    ) -> Examined {
        let parse::Row { new, mut findings } = row;
        let files: Vec<_> = new
            .composition
            .media
            .iter()
            .filter_map(|used| {
                let mut file = stored.get(&used.asset_id)?.clone();
                file.alt_text = used.alt_text.clone().or(file.alt_text);
                Some((used.asset_id, file))
            })
            .collect();
        let draft = Draft::from(&new);
        let is_draft = new.schedule == Schedule::Draft;
        let facts = self.facts(&ground.accounts, &ground.rules, &files, ground.now);
        // A column that could not be read explains itself; that it is empty is then no news.
        let unread: Vec<_> = findings.iter().filter_map(|f| f.column.clone()).collect();
        let checked = validation::check(&draft, &facts).into_iter();
        findings.extend(checked.map(|f| RowFinding::of(f, is_draft)).filter(|f| {
            let is_echo = matches!(f.code.as_str(), "no_accounts" | "text_empty");
            !(is_echo && f.column.as_ref().is_some_and(|c| unread.contains(c)))
        }));
        let summary = RowSummary {
            excerpt: excerpt(None, &new.content),
            account_ids: new.account_ids.clone(),
            scheduled_at: match new.schedule {
                Schedule::At(at) => Some(at),
                Schedule::Draft | Schedule::Now => None,
            },
            media: new.composition.media.len(),
        };
        Examined { line, new, files, summary, findings }
    }

    /// Warns of rows whose text an account says already: elsewhere, or in an earlier row.
    async fn find_repetitions(
        &self,
        tx: &mut OrgTx,
        rows: &mut [Examined],
        ground: &Ground,
    ) -> Result<(), ImportError> {
        let mut texts: Vec<(usize, AccountId, String)> = Vec::new();
        for (n, row) in rows.iter().enumerate() {
            let draft = Draft::from(&row.new);
            texts.extend(row.new.account_ids.iter().map(|id| (n, *id, draft.text_for(*id).to_owned())));
        }
        let asked: Vec<_> = texts.iter().map(|(_, id, text)| (*id, text.as_str())).collect();
        for twin in compose_queries::twins(tx, &asked, None, ground.now).await? {
            let at = usize::try_from(twin.n - 1).unwrap_or_default();
            let Some((n, ..)) = texts.get(at) else { continue };
            if let Some(finding) = crate::post::twin_warning(&twin, &ground.accounts) {
                rows[*n].findings.push(RowFinding::of(finding, false));
            }
        }
        let mut first: BTreeMap<(AccountId, String), u32> = BTreeMap::new();
        for (n, account, text) in texts {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            if words.is_empty() {
                continue;
            }
            let line = rows[n].line;
            let earlier = *first.entry((account, words)).or_insert(line);
            if earlier != line {
                let name = ground.accounts.iter().find(|a| a.id == account).map_or_else(String::new, parse::address);
                let message = format!("Line {earlier} has the same text for {name}.");
                let finding = RowFinding::warning(Column::Content, "duplicate_text", message);
                rows[n].findings.push(finding.suggest("Change the words: networks hold repetitions back."));
            }
        }
        Ok(())
    }
}

/// Warns of rows with which an account would have more posts within 24 hours than its network takes.
async fn find_crowding(tx: &mut OrgTx, rows: &mut [Examined], ground: &Ground) -> Result<(), ImportError> {
    let planned = |row: &Examined| row.summary.scheduled_at.filter(|_| row.is_ready());
    let Some(from) = rows.iter().filter_map(planned).min() else { return Ok(()) };
    let to = rows.iter().filter_map(planned).max().unwrap_or(from) + Duration::from_secs(1);
    let accounts: BTreeSet<AccountId> = rows.iter().flat_map(|row| row.summary.account_ids.iter().copied()).collect();
    let accounts: Vec<AccountId> = accounts.into_iter().collect();
    let mut moments: BTreeMap<AccountId, Vec<Timestamp>> = BTreeMap::new();
    for (account, at) in compose_queries::taken(tx, &accounts, from - DAY, to).await? {
        moments.entry(account).or_default().push(at);
    }
    let mut order: Vec<usize> = (0..rows.len()).filter(|n| planned(&rows[*n]).is_some()).collect();
    order.sort_by_key(|n| (planned(&rows[*n]), rows[*n].line));
    for n in order {
        let Some(at) = rows[n].summary.scheduled_at else { continue };
        for account_id in rows[n].summary.account_ids.clone() {
            let Some(account) = ground.accounts.iter().find(|a| a.id == account_id) else { continue };
            let Some(rules) = ground.rules.iter().find(|r| r.platform == account.platform) else { continue };
            let taken = moments.entry(account_id).or_default();
            taken.push(at);
            let within = taken.iter().filter(|t| **t <= at && at.since(**t) < DAY).count();
            if i64::try_from(within).is_ok_and(|within| within > rules.daily_limit) {
                let message = format!(
                    "{} would have {within} posts within 24 hours; {} takes {}.",
                    parse::address(account),
                    account.platform.name(),
                    rules.daily_limit
                );
                let finding = RowFinding::warning(Column::ScheduledAt, "daily_limit", message);
                rows[n].findings.push(finding.suggest("Choose a later time; the surplus waits for its turn."));
            }
        }
    }
    Ok(())
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).to_vec()
}

fn new_row(row: Examined, cells: &[String], headings: &[String], digest: &[u8]) -> NewRow {
    NewRow {
        line: row.line,
        cells: cells.to_vec(),
        is_ready: row.is_ready(),
        summary: row.summary,
        findings: row.findings,
        row_key: parse::row_key(digest, row.line),
        content_key: parse::content_key(headings, cells),
    }
}

/// Whether a row means something else than the preview said.
fn differs(now: &Examined, then: &ImportRow) -> bool {
    now.is_ready() != (then.state == RowState::Ready)
        || now.summary.scheduled_at != then.summary.scheduled_at
        || now.summary.account_ids != then.summary.account_ids
}

/// A finding as one sentence in a cell.
fn reason(finding: &RowFinding) -> String {
    let column = finding.column.as_ref().map_or_else(String::new, |c| format!("{c}: "));
    let suggestion = finding.suggestion.as_ref().map_or_else(String::new, |s| format!(" {s}"));
    format!("{column}{}{suggestion}", finding.message)
}
