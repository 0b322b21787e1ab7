//! Comments and answers to comments: one call, no container.

use super::{Instagram, caller};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::meta::containers::{Wanted, find, id_of};
use crate::types::{Access, Draft, Found, Published, ReplyTo, Search, Sent};

/// A post has comments, a comment has replies.
fn edge(target: &ReplyTo) -> &'static str {
    if target.external_id == target.root_id { "comments" } else { "replies" }
}

impl Instagram {
    /// Without `fields`: asked for them the network answers with an error although the comment stands.
    pub(super) async fn comment(&self, access: &Access, draft: &Draft, target: &ReplyTo) -> Result<Sent, CallError> {
        let url = self.graph.url(&access.base_url, &[&target.external_id, edge(target)])?;
        let request = Request::post(url).with("message", draft.text_with_link());
        let body = self.graph.call(request, &caller(access)).await?;
        let external_id = id_of(&body).ok_or_else(|| {
            // It was accepted, but as what? Somebody has to look.
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the network took the comment and gave it no id")
        })?;
        // Comments have no address of their own.
        Ok(Published { external_id, permalink: None }.into())
    }

    /// Others comment too, so the author counts where the network names one.
    pub(super) async fn find_comment(
        &self,
        access: &Access,
        search: &Search,
        target: &ReplyTo,
    ) -> Result<Found, CallError> {
        let text = search.draft.text_with_link();
        let wanted = Wanted {
            text: Some(("text", &text)),
            media: 0,
            answers: None,
            username: Some(access.metadata.get("username").and_then(|n| n.as_str()).unwrap_or_default())
                .filter(|name| !name.is_empty()),
            since: search.since,
        };
        let path = [target.external_id.as_str(), edge(target)];
        let found = find(&self.graph, &caller(access), &path, "id,text,timestamp,username", &wanted).await?;
        Ok(found.map_or(Found::Absent, Found::Post))
    }
}
