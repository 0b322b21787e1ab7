//! Which addresses may be called. People name the servers of some networks, so a name must not
//! lead into the house of whoever runs Rookery.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Whether servers on private, loopback or link-local addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateAddresses {
    /// No: the address a person typed must be public.
    Refuse,
    /// Yes: for the sandbox, for tests, and for servers in one's own network.
    Allow,
}

/// Resolves names and drops what may not be called. The client connects to exactly the addresses
/// that were checked, so a second answer of the name server cannot lead elsewhere.
#[derive(Debug)]
pub struct Resolver(PrivateAddresses);

impl Resolver {
    /// With a decision about private addresses.
    pub fn new(private: PrivateAddresses) -> Self {
        Self(private)
    }
}

/// The name led to private addresses only.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to a private address")
    }
}

impl std::error::Error for Refused {}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let any = !found.is_empty();
            let open: Vec<SocketAddr> =
                found.into_iter().filter(|a| private == PrivateAddresses::Allow || !is_private(a.ip())).collect();
            if open.is_empty() && any {
                return Err(Refused.into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// Whether an error came from the resolver's refusal.
pub fn was_refused(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<Refused>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether the URL names a private address in digits; such hosts never reach the resolver.
pub fn is_private_literal(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_private(ip.into()),
        Some(Host::Ipv6(ip)) => is_private(ip.into()),
        Some(Host::Domain(_)) | None => false,
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local() // holds the metadata service of cloud machines
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // carrier NAT
        || (a == 192 && b == 0 && c == 0)
        || ip.is_documentation()
        || (a == 198 && (b == 18 || b == 19))
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let segments = ip.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    // Addresses of the old world inside those of the new one: mapped (RFC 4291), compatible (the same, given up), NAT64
    // (RFC 6052) and 6to4 (RFC 3056). Teredo (2001::/32) hides the client's address; nothing worth calling is there.
    let embedded = match segments {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            Some(v4(high, low))
        }
        _ => None,
    };
    embedded.is_some_and(is_private_v4)
        || segments[..2] == [0x2001, 0]
        || segments[0] & 0xffc0 == 0xfec0 // site-local, given up for fd00::/8
        || ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        let private = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::",
            "::10.0.0.1",
            "ff02::1",
            "2002:a00:1::",
            "2002:7f00:1::1",
            "2001:0:a00:1::",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "fec0::1",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
        ];
        for ip in private {
            assert!(is_private(ip.parse().expect("address")), "{ip}");
        }
        for ip in ["93.184.215.14", "2606:2800:220:1::1", "100.128.0.1", "172.32.0.1"] {
            assert!(!is_private(ip.parse().expect("address")), "{ip}");
        }
    }

    #[test]
    fn digits_in_a_url_are_seen_in_any_spelling() {
        for url in [
            "http://127.1/",
            "http://0x7f000001/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://[::1]:80/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://127.0.0.1./",
        ] {
            assert!(is_private_literal(&url.parse().expect("url")), "{url}");
        }
        assert!(!is_private_literal(&"https://mastodon.example/".parse().expect("url")));
    }
}
