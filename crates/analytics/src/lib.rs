//! Content, daily metrics, ingestion, KPIs.
