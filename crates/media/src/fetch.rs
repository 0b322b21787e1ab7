//! Fetching a file from an address that a person gave (PUB-26).

use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::header::LOCATION;
use rookery_platforms::{PrivateAddresses, Resolver, is_private_literal, was_refused};
use url::Url;

use crate::kind::{FileType, LOOKED_AT, Refusal, sniff};

/// Redirects that are followed (PUB-26).
const REDIRECTS_MAX: usize = 3;
/// Longest time for everything (PUB-26).
const TIME_MAX: Duration = Duration::from_secs(30);
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Largest files that are fetched, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchLimits {
    /// Of a picture.
    pub image: u64,
    /// Of a video.
    pub video: u64,
}

impl Default for FetchLimits {
    /// 10 MB and 50 MB (PUB-26).
    fn default() -> Self {
        Self { image: 10_000_000, video: 50_000_000 }
    }
}

/// A fetched file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it is, by its first bytes.
    pub file_type: FileType,
    /// The last part of the address, or `file`.
    pub name: String,
}

/// Why nothing was fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is none of the internet, or no http(s).
    #[error("this server does not call {0}; give an http or https address on the internet")]
    NotAllowed(String),
    /// The server there did not give a file.
    #[error("{0}")]
    NotFetched(String),
    /// The file is none that is taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Fetches files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    private: PrivateAddresses,
    limits: FetchLimits,
}

impl Fetcher {
    /// Private addresses are called only if `private` allows it.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(private: PrivateAddresses, limits: FetchLimits) -> Result<Self, reqwest::Error> {
        Self::with_resolver(private, limits, Arc::new(Resolver::new(private)))
    }

    /// With another way to find addresses of names.
    fn with_resolver(
        private: PrivateAddresses,
        limits: FetchLimits,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_MAX)
            .timeout(TIME_MAX)
            .user_agent(concat!("Rookery/", env!("CARGO_PKG_VERSION")))
            // Each step is checked here.
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look names up itself, unchecked.
            .no_proxy()
            .dns_resolver(resolver)
            .build()?;
        Ok(Self { client, private, limits })
    }

    /// The file at an address. The connection goes to exactly the address that was checked: names are looked up once
    /// per step, by the client itself.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn fetch(&self, address: &Url) -> Result<Fetched, FetchError> {
        let work = self.follow(address.clone());
        tokio::time::timeout(TIME_MAX, work).await.unwrap_or_else(|_| {
            Err(FetchError::NotFetched(format!("the file did not arrive within {} seconds", TIME_MAX.as_secs())))
        })
    }

    async fn follow(&self, mut address: Url) -> Result<Fetched, FetchError> {
        for _ in 0..=REDIRECTS_MAX {
            self.check(&address)?;
            let response = self.client.get(address.clone()).send().await.map_err(|e| broken(&e, &address))?;
            let status = response.status();
            if status.is_redirection() {
                let to = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
                let to = to.and_then(|to| address.join(to).ok());
                address = to.ok_or_else(|| FetchError::NotFetched(format!("{} leads nowhere", host(&address))))?;
                continue;
            }
            if !status.is_success() {
                let message = format!("{} answered {} instead of a file", host(&address), status.as_u16());
                return Err(FetchError::NotFetched(message));
            }
            return self.read(response, &address).await;
        }
        Err(FetchError::NotFetched(format!("{} redirects more than {REDIRECTS_MAX} times", host(&address))))
    }

    fn check(&self, address: &Url) -> Result<(), FetchError> {
        let is_web = matches!(address.scheme(), "http" | "https") && address.has_host();
        if !is_web {
            return Err(FetchError::NotAllowed(format!("{} addresses", address.scheme())));
        }
        if self.private == PrivateAddresses::Refuse && is_private_literal(address) {
            return Err(FetchError::NotAllowed(host(address)));
        }
        Ok(())
    }

    async fn read(&self, mut response: reqwest::Response, address: &Url) -> Result<Fetched, FetchError> {
        let mut bytes: Vec<u8> = Vec::new();
        let mut known: Option<(FileType, u64)> = None;
        while let Some(piece) = response.chunk().await.map_err(|e| broken(&e, address))? {
            bytes.extend_from_slice(&piece);
            if known.is_none() && bytes.len() >= LOOKED_AT {
                known = Some(self.judge(&bytes)?);
            }
            if let Some((_, limit)) = known
                && bytes.len() as u64 > limit
            {
                let actual = response.content_length().unwrap_or(0).max(bytes.len() as u64);
                return Err(Refusal::TooLarge { limit, actual }.into());
            }
        }
        let (file_type, _) = match known {
            Some(known) => known,
            None => self.judge(&bytes)?,
        };
        Ok(Fetched { bytes, file_type, name: name(address) })
    }

    fn judge(&self, bytes: &[u8]) -> Result<(FileType, u64), Refusal> {
        let file_type = sniff(bytes)?;
        let is_video = file_type.kind() == rookery_platforms::MediaKind::Video;
        Ok((file_type, if is_video { self.limits.video } else { self.limits.image }))
    }
}

fn host(address: &Url) -> String {
    address.host_str().unwrap_or("this address").to_owned()
}

fn name(address: &Url) -> String {
    let last = address.path_segments().and_then(|mut parts| parts.next_back()).filter(|last| !last.is_empty());
    last.unwrap_or("file").chars().take(200).collect()
}

fn broken(error: &reqwest::Error, address: &Url) -> FetchError {
    if was_refused(error) {
        return FetchError::NotAllowed(host(address));
    }
    let what = if error.is_timeout() {
        "did not answer in time"
    } else if error.is_connect() {
        "cannot be reached"
    } else {
        "broke off"
    };
    FetchError::NotFetched(format!("{} {what}", host(address)))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::http::StatusCode;
    use axum::response::Redirect;
    use axum::routing::get;
    use reqwest::dns::{Name, Resolving};

    use super::*;

    const GIF: &[u8] = b"GIF89a\x01\0\x01\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";

    /// `cdn.example` is public and is served here; every other name is asked the real way. Its second answer would
    /// lead inside.
    #[derive(Debug, Clone)]
    struct Names {
        server: SocketAddr,
        asked: Arc<AtomicUsize>,
    }

    impl Resolve for Names {
        fn resolve(&self, name: Name) -> Resolving {
            if name.as_str() == "cdn.example" {
                let (server, count) = (self.server, self.asked.fetch_add(1, Ordering::SeqCst));
                assert_eq!(count, 0, "a second look-up would be another answer");
                return Box::pin(async move { Ok(Box::new(std::iter::once(server)) as reqwest::dns::Addrs) });
            }
            Resolver::new(PrivateAddresses::Refuse).resolve(name)
        }
    }

    async fn fetcher(routes: Router) -> (Fetcher, Names) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let names = Names { server: listener.local_addr().expect("bound"), asked: Arc::default() };
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let limits = FetchLimits { image: 10_000, video: 50_000 };
        let resolver = Arc::new(names.clone());
        (Fetcher::with_resolver(PrivateAddresses::Refuse, limits, resolver).expect("a client"), names)
    }

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    #[tokio::test]
    async fn a_file_is_fetched_and_the_name_is_asked_once() {
        let (fetcher, names) = fetcher(Router::new().route("/a/bird.png", get(|| async { GIF }))).await;
        let fetched = fetcher.fetch(&url("http://cdn.example/a/bird.png?x=1")).await.expect("fetched");
        assert_eq!((fetched.file_type, fetched.name.as_str()), (FileType::Gif, "bird.png"));
        assert_eq!(fetched.bytes, GIF);
        assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn addresses_inside_are_refused_directly_by_name_and_after_a_redirect() {
        let (fetcher, _) = fetcher(
            Router::new()
                .route("/ten", get(|| async { Redirect::temporary("http://10.0.0.1/x") }))
                .route("/file", get(|| async { Redirect::temporary("file:///etc/passwd") })),
        )
        .await;
        for address in [
            "http://[::1]/x",
            "http://[::ffff:127.0.0.1]/x",
            "http://[::ffff:a9fe:a9fe]/latest/meta-data",
            "http://[64:ff9b::a00:1]/x",
            "http://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:8480/",
            "http://0x7f000001/",
            "https://localhost/x",
            "ftp://cdn.example/x",
            "file:///etc/passwd",
            "data:image/png,x",
        ] {
            let refused = fetcher.fetch(&url(address)).await;
            assert!(matches!(refused, Err(FetchError::NotAllowed(_))), "{address}: {refused:?}");
        }
        let refused = fetcher.fetch(&url("http://cdn.example/ten")).await;
        assert!(matches!(&refused, Err(FetchError::NotAllowed(host)) if host == "10.0.0.1"), "{refused:?}");
    }

    #[tokio::test]
    async fn a_redirect_to_a_file_of_this_machine_is_refused() {
        let (fetcher, _) =
            fetcher(Router::new().route("/file", get(|| async { Redirect::temporary("file:///etc/passwd") }))).await;
        let refused = fetcher.fetch(&url("http://cdn.example/file")).await;
        assert!(matches!(refused, Err(FetchError::NotAllowed(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn what_is_no_medium_too_large_or_missing_is_refused() {
        let page = || async { "<html>please sign in</html>" };
        let (first, _) = fetcher(Router::new().route("/page.jpg", get(page))).await;
        let refused = first.fetch(&url("http://cdn.example/page.jpg")).await;
        assert!(matches!(refused, Err(FetchError::Refused(Refusal::WrongType(_)))), "{refused:?}");
        let large = || async { [GIF, vec![0; 20_000].as_slice()].concat() };
        let (second, _) = fetcher(Router::new().route("/large", get(large))).await;
        let refused = second.fetch(&url("http://cdn.example/large")).await;
        assert!(matches!(refused, Err(FetchError::Refused(Refusal::TooLarge { limit: 10_000, .. }))), "{refused:?}");
        let (third, _) = fetcher(Router::new().route("/gone", get(|| async { StatusCode::GONE }))).await;
        let refused = third.fetch(&url("http://cdn.example/gone")).await;
        assert!(matches!(&refused, Err(FetchError::NotFetched(why)) if why.contains("410")), "{refused:?}");
    }
}
