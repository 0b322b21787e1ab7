//! `rookery seed`: the example organization with its people and its data, for looking around and for development.

mod queries;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rookery_db::seed::{Filled, run_counted};
use rookery_governance::audit::Origin;
use rookery_identity::{Identity, MemberRole, NewOrganization, NewUser, User};
use rookery_kernel::{Actor, Date, FixedClock, IdGen, OrganizationId, Scope, SeededIds, Timestamp, UserId, Zone};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use uuid::Uuid;

use super::{Table, with_core};
use crate::cli::SeedArgs;
use crate::config::Config;
use crate::password;
use crate::wiring::Core;

const ORGANIZATION: &str = "Vita";
const SLUG: &str = "vita";
/// 2026-01-01T00:00:00Z in milliseconds: the moment from which the ids count.
const BEGINNING: i64 = 1_767_225_600_000;

/// One of the example people.
#[derive(Debug, Clone, Copy)]
struct Person {
    email: &'static str,
    name: &'static str,
    /// What they are called here.
    title: &'static str,
    role: MemberRole,
}

/// The first of them owns the organization and looks after the installation.
const PEOPLE: [Person; 3] = [
    Person { email: "admin@vita.example", name: "Antone Vitale", title: "admin", role: MemberRole::Owner },
    Person { email: "reviewer@vita.example", name: "Priya Raman", title: "reviewer", role: MemberRole::Reviewer },
    Person { email: "viewer@vita.example", name: "Jonas Weber", title: "viewer", role: MemberRole::Viewer },
];

/// Ids that are the same in every installation; everything that has to be secret stays chance.
#[derive(Debug)]
struct ExampleIds {
    ids: SeededIds,
    chance: Arc<dyn IdGen>,
}

impl IdGen for ExampleIds {
    fn uuid(&self) -> Uuid {
        self.ids.uuid()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.chance.fill(bytes);
    }
}

/// The step whose ids are asked for. Each step is one transaction with ids of its own, so that a run which ended
/// early can be finished by the next one.
#[derive(Debug, Clone, Copy)]
enum Step {
    Person(i64),
    Organization,
    Member(i64),
}

/// Identity with the ids of a step. Their time part lies a minute apart per step: whoever signs in looks at the
/// newest of their organizations, which has to be the example and not the personal one.
fn identity(core: &Core, step: Step) -> Identity {
    let minute = match step {
        Step::Person(place) => 1 + place,
        Step::Organization => 100,
        Step::Member(place) => 200 + place,
    };
    let moment = FixedClock::at(Timestamp::from_millis(BEGINNING + minute * 60_000));
    let ids = SeededIds::with_clock(minute.unsigned_abs(), Arc::new(moment));
    let ids = ExampleIds { ids, chance: Arc::clone(&core.ids) };
    Identity::new(core.db.clone(), Arc::clone(&core.clock), Arc::new(ids), rookery_identity::Config::default())
}

/// `rookery seed`
pub(crate) async fn seed(config: &Config, args: SeedArgs) -> anyhow::Result<ExitCode> {
    let day: Option<Date> = args.day.as_deref().map(str::parse).transpose().context("--day takes YYYY-MM-DD")?;
    with_core(config, async |core| {
        refuse_strangers(core).await?;
        let day = day.unwrap_or_else(|| core.clock.now().date_utc());
        let mut filled = Vec::new();
        let (people, passwords) = people(core, &mut filled).await?;
        if !args.json {
            // Before anything can fail: they are not shown again.
            tell(&passwords);
        }
        let organization = organization(core, people[0].id, &mut filled).await?;
        members(core, organization, &people, &mut filled).await?;
        let mut tx = core.db.org(&Scope::system(organization)).await?;
        filled.extend(run_counted(&mut tx, &day.to_string()).await?);
        tx.commit().await?;
        if args.json {
            println!("{}", serde_json::to_string_pretty(&document(organization, &passwords, &filled))?);
        } else {
            report(&filled);
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// Example data belongs beside nobody's work: whoever is not of the example, and whatever they made, is a reason to
/// stop before the first row.
async fn refuse_strangers(core: &Core) -> anyhow::Result<()> {
    let mut tx = core.db.system("is there anybody but the example people").await?;
    let emails: Vec<&str> = PEOPLE.iter().map(|p| p.email).collect();
    let strangers = queries::strangers(&mut tx, &emails).await?;
    drop(tx);
    if strangers > 0 {
        let people =
            if strangers == 1 { "one person who is".to_owned() } else { format!("{strangers} people who are") };
        bail!(
            "this installation has {people} not part of the example, so nothing was made; \
             use an empty database or another folder (--data-dir)"
        );
    }
    let mut ours = Vec::new();
    for person in PEOPLE {
        if let Some(user) = core.identity.find_user_by_email(person.email).await? {
            let of_person = core.identity.organizations_of(user.id).await?;
            ours.extend(of_person.into_iter().map(|b| b.organization).filter(|o| o.is_personal || o.slug == SLUG));
        }
    }
    let all = core.identity.organization_ids().await?;
    let others = all.iter().filter(|id| ours.iter().all(|o| o.id != **id)).count();
    if others > 0 {
        bail!(
            "this installation has {others} more organization(s) than the example, so nothing was made; \
             use an empty database or another folder (--data-dir)"
        );
    }
    Ok(())
}

fn note(filled: &mut Vec<Filled>, table: &str, made: usize, of: usize) {
    filled.push(Filled { table: table.to_owned(), made: made as u64, there: (of - made) as u64 });
}

/// The people in the order of [`PEOPLE`], and each with the password that was made for them just now, if so.
async fn people(
    core: &Core,
    filled: &mut Vec<Filled>,
) -> anyhow::Result<(Vec<User>, Vec<(Person, Option<SecretString>)>)> {
    let by = Origin::new(Actor::System);
    let (mut users, mut passwords) = (Vec::new(), Vec::new());
    for (place, person) in (0..).zip(PEOPLE) {
        if let Some(user) = core.identity.find_user_by_email(person.email).await? {
            users.push(user);
            passwords.push((person, None));
            continue;
        }
        let password = password::make(&*core.ids);
        let new = NewUser::new(person.email, password.clone()).named(person.name);
        let identity = identity(core, Step::Person(place));
        users.push(if core.identity.needs_setup().await? {
            identity.create_first_user(&by, new).await?
        } else {
            identity.create_user(&by, new).await?
        });
        passwords.push((person, Some(password)));
    }
    let made = passwords.iter().filter(|(_, password)| password.is_some()).count();
    note(filled, "identity.users", made, PEOPLE.len());
    Ok((users, passwords))
}

async fn organization(core: &Core, owner: UserId, filled: &mut Vec<Filled>) -> anyhow::Result<OrganizationId> {
    if let Some(id) = core.identity.find_organization_by_slug(SLUG).await? {
        note(filled, "identity.organizations", 0, 1);
        return Ok(id);
    }
    let new = NewOrganization { name: ORGANIZATION.into(), timezone: Zone::utc() };
    let by = Origin::new(Actor::System);
    let made = identity(core, Step::Organization).create_organization(&by, owner, new).await?;
    note(filled, "identity.organizations", 1, 1);
    Ok(made.id)
}

async fn members(
    core: &Core,
    organization: OrganizationId,
    people: &[User],
    filled: &mut Vec<Filled>,
) -> anyhow::Result<()> {
    let scope = Scope::system(organization);
    let known = core.identity.members(&scope).await?;
    let missing = |user: &User| known.iter().all(|m| m.user_id != user.id);
    let mut made = 0;
    for (place, (user, person)) in (0..).zip(people.iter().zip(PEOPLE)) {
        if missing(user) {
            identity(core, Step::Member(place)).add_member(&scope, user.id, person.role).await?;
            made += 1;
        }
    }
    // The owner's place came with the organization.
    note(filled, "identity.memberships", made, PEOPLE.len());
    Ok(())
}

fn tell(passwords: &[(Person, Option<SecretString>)]) {
    if passwords.iter().all(|(_, password)| password.is_none()) {
        println!("the three people are there; their passwords were printed when they were made\n");
        return;
    }
    println!("sign in with one of these; the passwords are not shown again");
    let mut table = Table::new(&["role", "address", "password"]);
    for (person, password) in passwords {
        let shown = password.as_ref().map_or("(as printed before)", |p| p.expose_secret());
        table.row(vec![person.title.into(), person.email.into(), shown.into()]);
    }
    println!("{table}");
}

fn report(filled: &[Filled]) {
    let mut table = Table::new(&["table", "made", "there already"]);
    for one in filled {
        table.row(vec![one.table.clone(), one.made.to_string(), one.there.to_string()]);
    }
    print!("{table}");
    let made: u64 = filled.iter().map(|f| f.made).sum();
    if made == 0 {
        println!("\nnothing was made: the organization {ORGANIZATION} has everything");
    } else {
        println!("\n{made} rows were made for the organization {ORGANIZATION}; look at them with: rookery serve");
    }
}

fn document(
    organization: OrganizationId,
    passwords: &[(Person, Option<SecretString>)],
    filled: &[Filled],
) -> serde_json::Value {
    let people: Vec<_> = passwords
        .iter()
        .map(|(person, password)| {
            json!({"email": person.email, "name": person.name, "role": person.title,
                   "password": password.as_ref().map(|p| p.expose_secret().to_owned())})
        })
        .collect();
    json!({"organization": {"id": organization, "name": ORGANIZATION, "slug": SLUG}, "people": people, "tables": filled})
}
