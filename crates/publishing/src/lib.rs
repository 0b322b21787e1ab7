//! Posts, publications, attempts, calendar: the publishing guarantee.
