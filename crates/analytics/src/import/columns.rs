//! What the columns of the networks' exports are called. Pure.
//!
//! As the networks' help pages describe their exports in English; other languages by what their pages call the same
//! numbers. What is not recognized is asked for: a person can map any column.

use rookery_kernel::Platform;
use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The item's id at the network.
    Id,
    /// Its address.
    Link,
    /// The id or handle of the account.
    Account,
    /// When it went out.
    PublishedAt,
    /// The day the numbers are of; without one they are totals.
    Date,
    /// Its text or title.
    Caption,
    /// What kind of item.
    Format,
    /// People who saw it.
    Reach,
    /// Times it was shown.
    Impressions,
    /// Plays or media views.
    Views,
    /// Reactions or likes.
    Reactions,
    /// Comments or replies.
    Comments,
    /// Shares, reposts.
    Shares,
    /// Clicks.
    Clicks,
    /// Saves, bookmarks.
    Saves,
    /// Hours watched.
    WatchHours,
    /// Seconds watched.
    WatchSeconds,
}

impl Field {
    /// All of them, in the order of choice lists.
    pub const ALL: [Self; 17] = [
        Self::Id,
        Self::Link,
        Self::Account,
        Self::PublishedAt,
        Self::Date,
        Self::Caption,
        Self::Format,
        Self::Reach,
        Self::Impressions,
        Self::Views,
        Self::Reactions,
        Self::Comments,
        Self::Shares,
        Self::Clicks,
        Self::Saves,
        Self::WatchHours,
        Self::WatchSeconds,
    ];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Link => "link",
            Self::Account => "account",
            Self::PublishedAt => "published_at",
            Self::Date => "date",
            Self::Caption => "caption",
            Self::Format => "format",
            Self::Reach => "reach",
            Self::Impressions => "impressions",
            Self::Views => "views",
            Self::Reactions => "reactions",
            Self::Comments => "comments",
            Self::Shares => "shares",
            Self::Clicks => "clicks",
            Self::Saves => "saves",
            Self::WatchHours => "watch_hours",
            Self::WatchSeconds => "watch_seconds",
        }
    }

    /// What it is called on pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "Id of the item",
            Self::Link => "Address of the item",
            Self::Account => "Account",
            Self::PublishedAt => "Published at",
            Self::Date => "Day of the numbers",
            Self::Caption => "Text or title",
            Self::Format => "Kind of item",
            Self::Reach => "Reach",
            Self::Impressions => "Impressions",
            Self::Views => "Views",
            Self::Reactions => "Reactions",
            Self::Comments => "Comments",
            Self::Shares => "Shares",
            Self::Clicks => "Clicks",
            Self::Saves => "Saves",
            Self::WatchHours => "Watch time in hours",
            Self::WatchSeconds => "Watch time in seconds",
        }
    }

    /// The field of a word.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.label() == label)
    }

    /// Whether it is a number that can be stored.
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Reach
                | Self::Impressions
                | Self::Views
                | Self::Reactions
                | Self::Comments
                | Self::Shares
                | Self::Clicks
                | Self::Saves
                | Self::WatchHours
                | Self::WatchSeconds
        )
    }

    /// Headings that mean it, in lower case; where several stand in a file the earlier one of this list wins.
    const fn headings(self) -> &'static [&'static str] {
        match self {
            Self::Id => &[
                "post id",
                "media id",
                "tweet id",
                "video id",
                "content id",
                "update id",
                "beitrags-id",
                "post-id",
                "video-id",
                "id de la publication",
                "identifiant de la publication",
                "id de la publicación",
                "identificador de la publicación",
                "id del post",
                "id da publicação",
                "bericht-id",
                "inläggs-id",
                "id",
            ],
            Self::Link => &[
                "permalink",
                "post link",
                "post url",
                "tweet permalink",
                "update link",
                "link",
                "url",
                "video url",
                "link zum beitrag",
                "permanenter link",
                "lien permanent",
                "lien de la publication",
                "enlace permanente",
                "enlace de la publicación",
                "link permanente",
                "link del post",
                "link da publicação",
            ],
            Self::Account => &[
                "page id",
                "account id",
                "account username",
                "seiten-id",
                "konto-id",
                "kontobenutzername",
                "id de la page",
                "id de página",
                "identificador de la página",
                "id della pagina",
                "id da página",
                "pagina-id",
                "sidans id",
            ],
            Self::PublishedAt => &[
                "publish time",
                "video publish time",
                "published at",
                "created date",
                "created at",
                "time posted",
                "post date",
                "publish date",
                "veröffentlichungszeit",
                "veröffentlichungszeitpunkt",
                "veröffentlichungszeitpunkt des videos",
                "veröffentlichungsdatum",
                "erstellt am",
                "heure de publication",
                "date de publication",
                "heure de publication de la vidéo",
                "date de création",
                "hora de publicación",
                "hora de publicación del vídeo",
                "fecha de creación",
                "ora di pubblicazione",
                "orario di pubblicazione del video",
                "data di creazione",
                "horário de publicação",
                "horário de publicação do vídeo",
                "data de criação",
                "publicatietijd",
                "publicatietijd van video",
                "publiceringstid",
            ],
            Self::Date => &["date", "day", "datum", "tag", "fecha", "data", "día", "giorno", "jour", "dag"],
            Self::Caption => &[
                "description",
                "post text",
                "tweet text",
                "caption",
                "video title",
                "post title",
                "update title",
                "title",
                "text",
                "beschreibung",
                "videotitel",
                "titel",
                "titel des videos",
                "beitragstitel",
                "titre de la vidéo",
                "titre",
                "texte",
                "título del vídeo",
                "título",
                "descripción",
                "titolo del video",
                "titolo",
                "descrizione",
                "título do vídeo",
                "descrição",
                "beschrijving",
                "beskrivning",
            ],
            Self::Format => &[
                "post type",
                "content type",
                "media type",
                "beitragstyp",
                "beitragsart",
                "type de publication",
                "tipo de publicación",
                "tipo di post",
                "tipo de publicação",
                "berichttype",
                "inläggstyp",
            ],
            Self::Reach => &[
                "reach",
                "unique impressions",
                "unique viewers",
                "members reached",
                "reichweite",
                "eindeutige zuschauer",
                "couverture",
                "spectateurs uniques",
                "alcance",
                "espectadores únicos",
                "copertura",
                "spettatori unici",
                "bereik",
                "räckvidd",
            ],
            Self::Impressions => &[
                "impressions",
                "impressions (total)",
                "impressionen",
                "impresiones",
                "impressioni",
                "impressões",
                "vertoningen",
                "visningar",
            ],
            Self::Views => &[
                "views",
                "plays",
                "video views",
                "aufrufe",
                "vues",
                "visualizaciones",
                "vistas",
                "visualizzazioni",
                "visualizações",
                "weergaven",
            ],
            Self::Reactions => &[
                "reactions",
                "likes",
                "reaktionen",
                "\u{201e}mag ich\u{201c}-bewertungen",
                "gefällt mir",
                "réactions",
                "j'aime",
                "reacciones",
                "me gusta",
                "reazioni",
                "mi piace",
                "reações",
                "curtidas",
                "gostos",
                "reacties",
                "vind-ik-leuks",
                "reaktioner",
            ],
            Self::Comments => &[
                "comments",
                "replies",
                "comments added",
                "kommentare",
                "antworten",
                "commentaires",
                "réponses",
                "comentarios",
                "respuestas",
                "commenti",
                "risposte",
                "comentários",
                "opmerkingen",
                "kommentarer",
            ],
            Self::Shares => &[
                "shares",
                "reposts",
                "retweets",
                "geteilt",
                "geteilte inhalte",
                "teilungen",
                "mal geteilt",
                "partages",
                "compartidos",
                "veces compartido",
                "republicaciones",
                "condivisioni",
                "compartilhamentos",
                "partilhas",
                "gedeeld",
                "delningar",
            ],
            Self::Clicks => &[
                "total clicks",
                "clicks",
                "url clicks",
                "link clicks",
                "klicks",
                "klicks insgesamt",
                "clics",
                "total de clics",
                "clic",
                "clic totali",
                "cliques",
                "total de cliques",
                "klikken",
                "totala klick",
            ],
            Self::Saves => &[
                "saves",
                "bookmarks",
                "gespeichert",
                "enregistrements",
                "guardados",
                "salvataggi",
                "salvamentos",
                "bewaard",
            ],
            Self::WatchHours => &[
                "watch time (hours)",
                "wiedergabezeit (stunden)",
                "durée de visionnage (heures)",
                "tiempo de visualización (horas)",
                "tempo di visualizzazione (ore)",
                "tempo de exibição (horas)",
                "kijktijd (uur)",
            ],
            Self::WatchSeconds => &["seconds viewed", "watch time (seconds)", "angesehene sekunden"],
        }
    }
}

/// Whose export a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Meta Business Suite, content of a Facebook page.
    Facebook,
    /// Meta Business Suite, content of an Instagram account.
    Instagram,
    /// LinkedIn, a page's updates.
    Linkedin,
    /// X, post analytics.
    Twitter,
    /// YouTube Studio, advanced mode.
    Youtube,
    /// None of these.
    Other,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Facebook, Self::Instagram, Self::Linkedin, Self::Twitter, Self::Youtube, Self::Other];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Linkedin => "linkedin",
            Self::Twitter => "twitter",
            Self::Youtube => "youtube",
            Self::Other => "other",
        }
    }

    /// What it is called on pages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Facebook => "Meta Business Suite, Facebook content",
            Self::Instagram => "Meta Business Suite, Instagram content",
            Self::Linkedin => "LinkedIn, updates",
            Self::Twitter => "X, post analytics",
            Self::Youtube => "YouTube Studio",
            Self::Other => "a table that was not recognized",
        }
    }

    /// The source of a word.
    pub fn of_label(label: &str) -> Self {
        Self::ALL.into_iter().find(|source| source.label() == label).unwrap_or(Self::Other)
    }

    /// The network whose accounts it is about; `None` may be any.
    pub const fn platform(self) -> Option<Platform> {
        match self {
            Self::Facebook => Some(Platform::Facebook),
            Self::Instagram => Some(Platform::Instagram),
            Self::Linkedin => Some(Platform::Linkedin),
            Self::Twitter => Some(Platform::Twitter),
            Self::Youtube => Some(Platform::Youtube),
            Self::Other => None,
        }
    }
}

/// A heading as it is compared: lower case, single blanks.
fn plain(heading: &str) -> String {
    let words = heading.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_lowercase();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Headings of YouTube's first column; what stands there is a video's id.
const VIDEO: [&str; 6] = ["content", "inhalte", "contenu", "contenido", "contenuti", "conteúdo"];

/// How many headings mean something, to find separators and the line of headings.
pub(super) fn recognized(headings: &[String]) -> usize {
    let known = |h: &&String| {
        let h = plain(h);
        VIDEO.contains(&h.as_str()) || Field::ALL.into_iter().any(|field| field.headings().contains(&h.as_str()))
    };
    headings.iter().filter(known).count()
}

/// Whose export these headings are of, and what each column holds.
pub(super) fn recognize(headings: &[String]) -> (Source, Vec<Option<Field>>) {
    let plain: Vec<String> = headings.iter().map(|h| plain(h)).collect();
    let has = |words: &[&str]| plain.iter().any(|h| words.contains(&h.as_str()));
    let has_of = |field: Field| has(field.headings());
    let source = if has(&VIDEO) && has_of(Field::PublishedAt) || has(Field::WatchHours.headings()) {
        Source::Youtube
    } else if has(&["account id", "account username", "konto-id", "kontobenutzername"]) {
        Source::Instagram
    } else if has_of(Field::Account) && has_of(Field::Id) {
        Source::Facebook
    } else if has(&["post text", "tweet text", "url clicks", "new follows", "profile visits", "detail expands"]) {
        Source::Twitter
    } else if has(&["created date", "campaign name", "posted by", "offsite views"]) && has_of(Field::Link) {
        Source::Linkedin
    } else {
        Source::Other
    };
    let mut fields = vec![None; plain.len()];
    for field in Field::ALL {
        let mut wanted: Vec<&str> = field.headings().to_vec();
        match (source, field) {
            (Source::Youtube, Field::Id) => wanted = VIDEO.iter().chain(field.headings()).copied().collect(),
            // Its "shares" are taps on a button; what others see again are reposts.
            (Source::Twitter, Field::Shares) => wanted.retain(|h| *h != "shares"),
            // The day of X's table is the post's.
            (Source::Twitter, Field::PublishedAt) => wanted.push("date"),
            (Source::Twitter, Field::Date) => wanted.clear(),
            // Kinds of posts are told better by the kind of content.
            (Source::Linkedin, Field::Format) => wanted = vec!["content type"],
            _ => {}
        }
        let at = wanted.iter().find_map(|h| plain.iter().position(|heading| heading == h));
        if let Some(at) = at.filter(|at| fields[*at].is_none()) {
            fields[at] = Some(field);
        }
    }
    (source, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(headings: &str) -> (Source, Vec<(String, Field)>) {
        let headings: Vec<String> = headings.split('|').map(str::to_owned).collect();
        let (source, fields) = recognize(&headings);
        (source, headings.into_iter().zip(fields).filter_map(|(h, f)| Some((h, f?))).collect())
    }

    fn expect(headings: &str, source: Source, fields: &[(&str, Field)]) {
        let fields: Vec<_> = fields.iter().map(|(h, f)| ((*h).to_owned(), *f)).collect();
        assert_eq!(mapped(headings), (source, fields));
    }

    #[test]
    fn the_documented_column_sets_are_recognized() {
        expect(
            "Post ID|Page ID|Page name|Title|Description|Duration (sec)|Publish time|Caption type|Permalink|Is crosspost|Is share|Post type|Languages|Custom labels|Funded content status|Data comment|Date|Views|Reach|Reactions, Comments and Shares|Reactions|Comments|Shares|Total clicks|Other Clicks|Seconds viewed|Average Seconds viewed",
            Source::Facebook,
            &[
                ("Post ID", Field::Id),
                ("Page ID", Field::Account),
                ("Description", Field::Caption),
                ("Publish time", Field::PublishedAt),
                ("Permalink", Field::Link),
                ("Post type", Field::Format),
                ("Date", Field::Date),
                ("Views", Field::Views),
                ("Reach", Field::Reach),
                ("Reactions", Field::Reactions),
                ("Comments", Field::Comments),
                ("Shares", Field::Shares),
                ("Total clicks", Field::Clicks),
                ("Seconds viewed", Field::WatchSeconds),
            ],
        );
        expect(
            "Post ID|Account ID|Account username|Account name|Description|Duration (sec)|Publish time|Permalink|Post type|Data comment|Date|Views|Reach|Likes|Shares|Follows|Comments|Saves",
            Source::Instagram,
            &[
                ("Post ID", Field::Id),
                ("Account ID", Field::Account),
                ("Description", Field::Caption),
                ("Publish time", Field::PublishedAt),
                ("Permalink", Field::Link),
                ("Post type", Field::Format),
                ("Date", Field::Date),
                ("Views", Field::Views),
                ("Reach", Field::Reach),
                ("Likes", Field::Reactions),
                ("Shares", Field::Shares),
                ("Comments", Field::Comments),
                ("Saves", Field::Saves),
            ],
        );
        expect(
            "Post title|Post link|Post type|Campaign name|Posted by|Created date|Campaign start date|Campaign end date|Audience|Impressions|Views|Offsite views|Clicks|Click through rate (CTR)|Likes|Comments|Reposts|Follows|Engagement rate|Content Type",
            Source::Linkedin,
            &[
                ("Post title", Field::Caption),
                ("Post link", Field::Link),
                ("Created date", Field::PublishedAt),
                ("Impressions", Field::Impressions),
                ("Views", Field::Views),
                ("Clicks", Field::Clicks),
                ("Likes", Field::Reactions),
                ("Comments", Field::Comments),
                ("Reposts", Field::Shares),
                ("Content Type", Field::Format),
            ],
        );
        expect(
            "Post id|Date|Post text|Post Link|Impressions|Likes|Engagements|Bookmarks|Shares|New follows|Replies|Reposts|Profile visits|Detail Expands|URL Clicks|Hashtag Clicks|Permalink Clicks",
            Source::Twitter,
            &[
                ("Post id", Field::Id),
                ("Date", Field::PublishedAt),
                ("Post text", Field::Caption),
                ("Post Link", Field::Link),
                ("Impressions", Field::Impressions),
                ("Likes", Field::Reactions),
                ("Bookmarks", Field::Saves),
                ("Replies", Field::Comments),
                ("Reposts", Field::Shares),
                ("URL Clicks", Field::Clicks),
            ],
        );
        expect(
            "Content|Video title|Video publish time|Duration|Views|Watch time (hours)|Subscribers|Estimated revenue (USD)|Impressions|Impressions click-through rate (%)",
            Source::Youtube,
            &[
                ("Content", Field::Id),
                ("Video title", Field::Caption),
                ("Video publish time", Field::PublishedAt),
                ("Views", Field::Views),
                ("Watch time (hours)", Field::WatchHours),
                ("Impressions", Field::Impressions),
            ],
        );
        expect(
            "Inhalte|Videotitel|Veröffentlichungszeitpunkt des Videos|Aufrufe|Wiedergabezeit (Stunden)",
            Source::Youtube,
            &[
                ("Inhalte", Field::Id),
                ("Videotitel", Field::Caption),
                ("Veröffentlichungszeitpunkt des Videos", Field::PublishedAt),
                ("Aufrufe", Field::Views),
                ("Wiedergabezeit (Stunden)", Field::WatchHours),
            ],
        );
    }

    #[test]
    fn no_field_stands_twice_and_strange_headings_mean_nothing() {
        let (source, fields) = mapped("ID|Post ID|Likes|Reactions|Sparkle");
        assert_eq!(source, Source::Other);
        assert_eq!(fields, [("Post ID".to_owned(), Field::Id), ("Reactions".to_owned(), Field::Reactions)]);
    }
}
