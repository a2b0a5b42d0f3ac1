//! Generates the client with progenitor, from the rendering of the document for clients.

use std::{env, error::Error, fs, path::Path};

use openapiv3::{OpenAPI, ReferenceOr, RequestBody};

const DOCUMENT: &str = "openapi-client.yaml";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={DOCUMENT}");
    let mut document: OpenAPI = serde_yaml::from_str(&fs::read_to_string(DOCUMENT)?)?;
    leave_out_uploads(&mut document);

    let mut settings = progenitor::GenerationSettings::default();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    let tokens = progenitor::Generator::new(&settings).generate_tokens(&document)?;
    let code = prettyplease::unparse(&syn::parse2(tokens)?);
    fs::write(Path::new(&env::var("OUT_DIR")?).join("helmr.rs"), code)?;
    Ok(())
}

/// progenitor does not support multipart bodies.
fn leave_out_uploads(document: &mut OpenAPI) {
    let uploads = uploads(document);
    for (_, item) in &mut document.paths.paths {
        let ReferenceOr::Item(item) = item else {
            continue;
        };
        item.post = item.post.take().filter(|post| match &post.request_body {
            Some(ReferenceOr::Reference { reference }) => !uploads.contains(reference),
            _ => true,
        });
    }
}

/// Returns references to the multipart bodies.
fn uploads(document: &OpenAPI) -> Vec<String> {
    let Some(components) = &document.components else {
        return Vec::new();
    };
    let is_form = |body: &ReferenceOr<RequestBody>| match body {
        ReferenceOr::Item(body) => body.content.contains_key("multipart/form-data"),
        ReferenceOr::Reference { .. } => false,
    };
    let forms = components.request_bodies.iter();
    forms
        .filter(|(_, body)| is_form(body))
        .map(|(name, _)| format!("#/components/requestBodies/{name}"))
        .collect()
}
