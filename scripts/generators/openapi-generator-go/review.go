// Review starts the task review-pull-request and handles its requests, with the client of openapi-generator.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	helmr "github.com/GIT_USER_ID/GIT_REPO_ID"
)

func main() {
	if err := review(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func review(ctx context.Context) error {
	configuration := helmr.NewConfiguration()
	configuration.Servers = helmr.ServerConfigurations{{URL: os.Getenv("HELMR_API_URL")}}
	ctx = context.WithValue(ctx, helmr.ContextAccessToken, os.Getenv("HELMR_API_KEY"))
	client := helmr.NewAPIClient(configuration)

	request := helmr.NewSessionStartRequest("review-pull-request")
	request.Payload = map[string]any{"owner": "OWNER", "repo": "REPO", "prNumber": 42}
	started, _, err := client.SessionsAPI.StartSession(ctx).SessionStartRequest(*request).Execute()
	if err != nil {
		return err
	}
	session := started.Session.Id
	fmt.Printf("started a session, its run is %s\n", started.Run.Status)

	approval := helmr.AppendRecordRequest{Data: map[string]any{"approved": true}}
	sent, _, err := client.StreamsAPI.AppendInputRecord(ctx, session, "approval").AppendRecordRequest(approval).Execute()
	if err != nil {
		return err
	}
	fmt.Printf("sent input record %d\n", sent.Record.Sequence)

	report, err := firstRecord(ctx, client, session, "agent.report")
	if err != nil {
		return err
	}
	fmt.Printf("read output: %s\n", report["summary"])

	email, err := firstRecord(ctx, client, session, "agent.email")
	if err != nil {
		return err
	}
	token := email["tokenId"].(string)
	decision := map[string]any{"approved": true, "actor": "email:reviewer@example.com"}
	completed, _, err := complete(ctx, client, token, decision)
	if err != nil {
		return err
	}
	fmt.Printf("token: %s\n", completed.Status)

	_, response, err := complete(ctx, client, token, map[string]any{"approved": false})
	problem, is := err.(*helmr.GenericOpenAPIError)
	if !is || response.StatusCode != 409 || !strings.Contains(string(problem.Body()), `"token_completion_conflict"`) {
		return fmt.Errorf("expected a conflict: %w", err)
	}
	fmt.Println("conflict: the token was completed with other data")
	return nil
}

func complete(ctx context.Context, client *helmr.APIClient, token string, data any) (*helmr.TokenCompletion, *http.Response, error) {
	request := helmr.TokenCompleteRequest{Data: data}
	return client.TokensAPI.CompleteToken(ctx, token).TokenCompleteRequest(request).Execute()
}

// firstRecord polls until the stream has a record, because reads do not wait.
func firstRecord(ctx context.Context, client *helmr.APIClient, session, stream string) (map[string]any, error) {
	for range 300 {
		read, _, err := client.StreamsAPI.ReadOutputRecord(ctx, session, stream).Execute()
		if err != nil {
			return nil, err
		}
		if record := read.Record.Get(); record != nil {
			return record.Data.(map[string]any), nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, fmt.Errorf("no record in %s after 30 s", stream)
}
