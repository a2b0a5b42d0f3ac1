//! Starts the task review-pull-request and handles its requests, with the client of openapi-generator.

use std::error::Error as StdError;
use std::time::Duration;

use openapi::apis::configuration::Configuration;
use openapi::apis::tokens_api::{CompleteTokenError, complete_token};
use openapi::apis::{Error, sessions_api::start_session, streams_api};
use openapi::models::{AppendRecordRequest, SessionStartRequest, TokenCompleteRequest};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let configuration = Configuration {
        base_path: std::env::var("HELMR_API_URL")?,
        bearer_access_token: Some(std::env::var("HELMR_API_KEY")?),
        ..Configuration::default()
    };

    let mut request = SessionStartRequest::new("review-pull-request".to_owned());
    request.payload = Some(Some(
        json!({"owner": "OWNER", "repo": "REPO", "prNumber": 42}),
    ));
    let started = start_session(&configuration, request, None, None, None, None).await?;
    let session = started.session.id.to_string();
    println!("started a session, its run is {}", started.run.status);

    let mut approval = AppendRecordRequest::new();
    approval.data = Some(Some(json!({"approved": true})));
    let sent =
        streams_api::append_input_record(&configuration, &session, "approval", approval, None)
            .await?;
    println!("sent input record {}", sent.record.sequence);

    let report = first_record(&configuration, &session, "agent.report").await?;
    println!(
        "read output: {}",
        report["summary"].as_str().unwrap_or_default()
    );

    let email = first_record(&configuration, &session, "agent.email").await?;
    let token = email["tokenId"].as_str().unwrap_or_default();
    let decision = json!({"approved": true, "actor": "email:reviewer@example.com"});
    let completed = complete_token(&configuration, token, completion(decision), None).await?;
    println!("token: {}", completed.status);

    let other = completion(json!({"approved": false}));
    match complete_token(&configuration, token, other, None).await {
        Err(Error::ResponseError(response)) if response.status == 409 => match response.entity {
            Some(
                CompleteTokenError::Status400(problem) | CompleteTokenError::Status409(problem),
            ) if problem.code.as_deref() == Some("token_completion_conflict") => {
                println!("conflict: the token was completed with other data");
                Ok(())
            }
            _ => Err(response.content.into()),
        },
        Err(error) => Err(error.into()),
        Ok(response) => Err(format!("completed a second time: {}", response.status).into()),
    }
}

fn completion(data: Value) -> TokenCompleteRequest {
    TokenCompleteRequest {
        data: Some(Some(data)),
    }
}

/// Polls until the stream has a record, because reads do not wait.
async fn first_record(
    configuration: &Configuration,
    session: &str,
    stream: &str,
) -> Result<Value, Box<dyn StdError>> {
    for _ in 0..300 {
        let read =
            streams_api::read_output_record(configuration, session, stream, None, None, None)
                .await?;
        if let Some(record) = read.record {
            return Ok(record.data.unwrap_or_default());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("no record in {stream} after 30 s").into())
}
