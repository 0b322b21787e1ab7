//! The durable queue and the timetable.
