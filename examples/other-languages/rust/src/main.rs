//! Starts the task review-pull-request and handles its requests.

use std::error::Error;
use std::time::Duration;

use helmr::{Client, types};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut key = HeaderValue::try_from(format!("Bearer {}", std::env::var("HELMR_API_KEY")?))?;
    key.set_sensitive(true);
    let http = reqwest::Client::builder()
        .default_headers(HeaderMap::from_iter([(AUTHORIZATION, key)]))
        .build()?;
    let client = Client::new_with_client(&std::env::var("HELMR_API_URL")?, http);

    let request = types::SessionStartRequest::builder()
        .task_id("review-pull-request")
        .payload(json!({"owner": "OWNER", "repo": "REPO", "prNumber": 42}));
    let started = client
        .start_session()
        .body(request)
        .send()
        .await?
        .into_inner();
    let session = started.session.id;
    println!("started a session, its run is {}", started.run.status);

    let approval: types::AppendRecordRequest = types::AppendRecordRequest::builder()
        .data(json!({"approved": true}))
        .try_into()?;
    let sent = client
        .append_input_record()
        .session_id(session)
        .stream("approval")
        .body(approval)
        .send()
        .await?;
    println!("sent input record {}", sent.record.sequence);

    let report = first_record(&client, session, "agent.report").await?;
    println!(
        "read output: {}",
        report["summary"].as_str().unwrap_or_default()
    );

    let email = first_record(&client, session, "agent.email").await?;
    let token: Uuid = email["tokenId"].as_str().unwrap_or_default().parse()?;
    let decision = types::TokenCompleteRequest {
        data: Some(json!({"approved": true, "actor": "email:reviewer@example.com"})),
    };
    let completed = client
        .complete_token()
        .token_id(token)
        .body(decision)
        .send()
        .await?;
    println!("token: {}", completed.status);

    // A second, different decision is a conflict: 409 with a specific code.
    let other = types::TokenCompleteRequest {
        data: Some(json!({"approved": false})),
    };
    match client
        .complete_token()
        .token_id(token)
        .body(other)
        .send()
        .await
    {
        Err(helmr::Error::ErrorResponse(response))
            if response.status() == 409
                && response.code.as_deref() == Some("token_completion_conflict") =>
        {
            println!("conflict: the token was completed with other data");
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(response) => Err(format!("completed a second time: {}", response.status).into()),
    }
}

/// Polls until the stream has a record, because reads do not wait.
async fn first_record(
    client: &Client,
    session: Uuid,
    stream: &str,
) -> Result<Value, Box<dyn Error>> {
    for _ in 0..300 {
        let read = client
            .read_output_record()
            .session_id(session)
            .stream(stream)
            .send()
            .await?;
        if let Some(record) = read.into_inner().record {
            return Ok(record.data);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("no record in {stream} after 30 s").into())
}
