//! The driver with which `helmr-contract client` tests the client that progenitor makes of the document.
//! The driver declares no features beyond single requests (waiting, following, paging, retrying), so they are skipped.

use std::collections::HashMap;
use std::io::{BufRead, stdin};
use std::time::Duration;

use helmr::{Client, Error, ResponseValue, types};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

/// The outcome of a call as the driver reports it: a result or an error.
type Outcome = Result<Value, Value>;

async fn make(client: &Client, call: &str, args: &Value) -> Outcome {
    match call {
        "sessions.start" => {
            let body: types::SessionStartRequest = read(args)?;
            told(client.start_session().body(body).send().await)
        }
        "sessions.get" => {
            let request = client.get_session().session_id(id(args, "session_id")?);
            told(request.send().await)
        }
        "sessions.list" => told(client.list_sessions().send().await),
        "inputs.send" => {
            let stream = args["stream"].as_str().unwrap_or_default();
            let body: types::AppendRecordRequest = read(args)?;
            match args["external_id"].as_str() {
                Some(name) => {
                    let request = client.append_input_record_by_external_id();
                    let request = request.external_id(name).stream(stream).body(body);
                    told(request.send().await)
                }
                None => {
                    let request = client.append_input_record();
                    let request = request.session_id(id(args, "session_id")?).stream(stream);
                    told(request.body(body).send().await)
                }
            }
        }
        "runs.get" => told(client.get_run().run_id(id(args, "run_id")?).send().await),
        _ => {
            let body: types::TokenCompleteRequest = read(args)?;
            let request = client.complete_token().token_id(id(args, "token_id")?);
            told(request.body(body).send().await)
        }
    }
}

/// Parses a call's arguments into a type of the client.
fn read<T: DeserializeOwned>(args: &Value) -> Result<T, Value> {
    let mut fields = args.clone();
    for place in ["session_id", "stream", "token_id"] {
        fields.as_object_mut().map(|fields| fields.remove(place));
    }
    serde_json::from_value(fields).map_err(|error| failure("unsupported", &error.to_string()))
}

fn id(args: &Value, name: &str) -> Result<Uuid, Value> {
    let given = args[name].as_str().unwrap_or_default();
    let parsed = given.parse();
    parsed.map_err(|_| failure("unsupported", "ids are UUIDs"))
}

fn told<T: Serialize, E: Serialize>(made: Result<ResponseValue<T>, Error<E>>) -> Outcome {
    match made {
        Ok(response) => Ok(json!(response.into_inner())),
        Err(Error::ErrorResponse(response)) => {
            let status = response.status().as_u16();
            let body = json!(response.into_inner());
            let mut error = failure("status", body["error"].as_str().unwrap_or_default());
            (error["status"], error["code"]) = (json!(status), body["code"].clone());
            Err(error)
        }
        Err(Error::UnexpectedResponse(response)) => {
            let status = response.status().as_u16();
            Err(json!({"kind": "status", "status": status, "message": "an unexpected response"}))
        }
        Err(Error::InvalidResponsePayload(..)) => Err(failure("invalid_response", "not JSON")),
        Err(Error::CommunicationError(error) | Error::ResponseBodyError(error))
            if error.is_timeout() =>
        {
            Err(failure("timeout", "the time allowed for the call was over"))
        }
        Err(Error::ResponseBodyError(error)) if error.is_decode() => {
            Err(failure("invalid_response", "not as expected"))
        }
        Err(_) => Err(failure("connection", "no response came")),
    }
}

fn failure(kind: &str, message: &str) -> Value {
    json!({"kind": kind, "message": message})
}

fn connect(settings: &Value) -> Result<Client, Box<dyn std::error::Error>> {
    let mut headers = HeaderMap::new();
    headers.insert("helmr-api-version", HeaderValue::from_static("2026-06-06"));
    headers.insert("helmr-sdk-version", HeaderValue::from_static("progenitor"));
    if let Some(key) = settings["api_key"].as_str() {
        let mut value = HeaderValue::try_from(format!("Bearer {key}"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let limit = settings["timeout_seconds"].as_f64().unwrap_or(30.0);
    let http = reqwest::Client::builder()
        .default_headers(headers)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy() // plain http must not use a proxy
        .timeout(Duration::from_secs_f64(limit));
    Ok(Client::new_with_client(
        settings["url"].as_str().unwrap_or_default(),
        http.build()?,
    ))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let known: Value = serde_json::from_str(include_str!("known_failures.json"))?;
    let hello = json!({
        "protocol": 1, "client": "progenitor (Rust)", "known_failures": known,
        "calls": ["sessions.start", "sessions.get", "sessions.list", "inputs.send", "runs.get", "tokens.complete"],
    });
    let mut clients: HashMap<String, Client> = HashMap::new();
    for line in stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line?)?;
        let mut response = hello.clone();
        if asked["hello"].is_null() {
            let at = asked["client"].to_string();
            if !clients.contains_key(&at) {
                clients.insert(at.clone(), connect(&asked["client"])?);
            }
            let call = asked["call"].as_str().unwrap_or_default();
            let (name, value) = match make(&clients[&at], call, &asked["args"]).await {
                Ok(result) => ("result", result),
                Err(error) => ("error", error),
            };
            response = json!({"id": asked["id"], name: value});
        }
        println!("{response}");
    }
    Ok(())
}
