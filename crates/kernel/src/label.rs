//! Enums whose values have a label: one word in the database, in JSON and in addresses.

/// A word that is no value of an enum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no {of}; known are {known}")]
pub struct UnknownLabel {
    /// What was given.
    pub given: String,
    /// What was asked for.
    pub of: &'static str,
    /// The labels, separated by commas.
    pub known: String,
}

/// An enum of the database. Labels are lower snake case; any letter case is read.
#[macro_export]
macro_rules! labelled {
    ($(#[$doc:meta])* $name:ident, $sql:tt, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(type_name = $sql, rename_all = "snake_case")]
        pub enum $name {
            $($(#[$vdoc])* $variant),+
        }

        impl $name {
            /// All values, in the order of the database enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored label.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label),+
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.label())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownLabel;

            /// Any letter case.
            fn from_str(s: &str) -> Result<Self, $crate::UnknownLabel> {
                Self::ALL.iter().copied().find(|v| v.label().eq_ignore_ascii_case(s)).ok_or_else(|| $crate::UnknownLabel {
                    given: s.to_owned(),
                    of: $what,
                    known: [$($label),+].join(", "),
                })
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.label())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as ::serde::Deserialize>::deserialize(deserializer)?.parse().map_err(::serde::de::Error::custom)
            }
        }
    };
}
