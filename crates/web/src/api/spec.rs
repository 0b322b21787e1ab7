//! The frame of the OpenAPI document, and what holds for every operation in it.

use utoipa::OpenApi as _;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, ResponseBuilder};

use super::idempotency;
use crate::extract::SESSION_COOKIE;
use crate::problem::Problem;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Rookery",
        description = "Publish to social networks with a receipt for every post, and read its numbers.\n\n\
            Sign in with an API key (`Authorization: Bearer rk_…`) or a session. Lists have `items` and an opaque `next` \
            that is sent back as `after`. Errors are `application/problem+json` with a stable `code`. A POST that creates \
            something or reaches a network takes an `Idempotency-Key`: the first answer is kept for 24 hours."
    ),
    components(schemas(Problem)),
    tags(
        (name = "session", description = "Who calls, and signing in"),
        (name = "posts", description = "Write, plan, publish"),
        (name = "imports", description = "Files of posts, looked at before anything is written"),
        (name = "exports", description = "Taking along what is yours"),
        (name = "reports", description = "Reports: when they are sent, and links to them"),
        (name = "publications", description = "A post on one account, and everything that happened to it"),
        (name = "calendar", description = "What is planned and what came out"),
        (name = "media", description = "Pictures and videos: upload, describe, find"),
        (name = "accounts", description = "Connected accounts and the networks' rules"),
        (name = "analytics", description = "Numbers and how they were collected"),
        (name = "API keys", description = "Keys for programs"),
        (name = "jobs", description = "Background work"),
        (name = "audit", description = "Who did what"),
    )
)]
struct Frame;

/// The document without operations.
pub(crate) fn frame() -> OpenApi {
    Frame::openapi()
}

/// Adds how to sign in, and the answer to everything that goes wrong.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    document.info.version = env!("CARGO_PKG_VERSION").into();
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("rk_…").build();
    components.add_security_scheme("apiKey", SecurityScheme::Http(bearer));
    let cookie = ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE));
    components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    document.security = Some(vec![
        SecurityRequirement::new::<_, [&str; 0], &str>("apiKey", []),
        SecurityRequirement::new::<_, [&str; 0], &str>("session", []),
    ]);
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let problem = ResponseBuilder::new()
            .description("A problem document")
            .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))))
            .build();
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response
                && response.description.is_empty()
            {
                response.description = meaning(status).into();
            }
        }
        operation.responses.responses.insert("default".into(), RefOr::T(problem));
    }
    document
}

/// OpenAPI 3.1 wants words for every answer.
fn meaning(status: &str) -> &'static str {
    match status {
        "201" => "Made",
        "202" => "Queued",
        "207" => "Some made, some not",
        "204" => "Done",
        _ => "Here it is",
    }
}

/// Notes on the one operation of `paths` that it takes an `Idempotency-Key`.
pub(crate) fn accept_key(paths: &mut Paths) {
    for operation in paths.paths.values_mut().flat_map(operations) {
        operation.parameters.get_or_insert_default().push(RefOr::T(key_parameter()));
    }
}

fn key_parameter() -> Parameter {
    ParameterBuilder::new()
        .name(idempotency::KEY)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("A key of your own: a repetition within 24 hours gets the first answer."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).max_length(Some(255))))
        .build()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten()
}
