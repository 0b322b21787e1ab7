//! The OpenAPI document: a change of the API is a change of its snapshot.

use serde_json::Value;

use crate::house::House;

#[test]
fn the_document_is_the_one_that_was_agreed() {
    insta::assert_snapshot!("openapi", rookery_web::api::document_json());
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_is_described() {
    let document: Value = serde_json::from_str(&rookery_web::api::document_json()).expect("JSON");
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas.contains_key(name), "no schema {name}");
    }
    let mut ids = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(operation["responses"]["default"].is_object(), "{method} {path} shows no problem");
            ids.push(operation["operationId"].as_str().expect("an operation id").to_owned());
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "operation ids are unique");
}

#[tokio::test]
async fn the_document_and_its_page_are_served_to_everybody() {
    let nobody = House::new().await.nobody();
    let served = nobody.get("/openapi.json").await.expect(200);
    let printed: Value = serde_json::from_str(&rookery_web::api::document_json()).expect("JSON");
    assert_eq!(served.json, printed);
    let page = nobody.page("/api/docs").await;
    assert!(page.text.contains("api-docs.js"), "{}", page.text);
    for asset in ["/assets/api-docs.js", "/assets/api-docs.css", "/assets/tokens.css", "/assets/icon.svg"] {
        assert!(page.text.contains(asset), "{asset}");
        nobody.page(asset).await.expect(200);
    }
}
