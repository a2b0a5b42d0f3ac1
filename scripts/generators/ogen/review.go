// Review starts the task review-pull-request and handles its requests, with the client of ogen.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	helmr "example.com/generators/ogen"
	"github.com/google/uuid"
	"github.com/ogen-go/ogen/ogenerrors"
)

// key is a security source that authenticates every operation with the API key.
type key string

func (k key) ApiKeyAuth(context.Context, helmr.OperationName) (helmr.ApiKeyAuth, error) {
	return helmr.ApiKeyAuth{Token: string(k)}, nil
}

func (key) PublicAccessTokenAuth(context.Context, helmr.OperationName) (helmr.PublicAccessTokenAuth, error) {
	return helmr.PublicAccessTokenAuth{}, ogenerrors.ErrSkipClientSecurity
}

func main() {
	if err := review(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func review(ctx context.Context) error {
	client, err := helmr.NewClient(os.Getenv("HELMR_API_URL"), key(os.Getenv("HELMR_API_KEY")))
	if err != nil {
		return err
	}

	request := helmr.SessionStartRequest{
		TaskID:  "review-pull-request",
		Payload: []byte(`{"owner": "OWNER", "repo": "REPO", "prNumber": 42}`),
	}
	response, err := client.StartSession(ctx, &request, helmr.StartSessionParams{})
	if err != nil {
		return err
	}
	started, is := response.(*helmr.SessionStartedResponseHeaders)
	if !is {
		return unexpected(response)
	}
	session := started.Response.Session.ID
	fmt.Printf("started a session, its run is %s\n", started.Response.Run.Status)

	approval := helmr.AppendRecordRequest{Data: []byte(`{"approved": true}`)}
	to := helmr.AppendInputRecordParams{SessionID: session, Stream: "approval"}
	appended, err := client.AppendInputRecord(ctx, &approval, to)
	if err != nil {
		return err
	}
	sent, is := appended.(*helmr.InputRecordAppendedResponseHeaders)
	if !is {
		return unexpected(appended)
	}
	fmt.Printf("sent input record %d\n", sent.Response.Record.Sequence)

	var report struct{ Summary string }
	if err := firstRecord(ctx, client, session, "agent.report", &report); err != nil {
		return err
	}
	fmt.Printf("read output: %s\n", report.Summary)

	var email struct{ TokenID uuid.UUID }
	if err := firstRecord(ctx, client, session, "agent.email", &email); err != nil {
		return err
	}
	token := helmr.CompleteTokenParams{TokenID: email.TokenID}
	decision := helmr.TokenCompleteRequest{Data: []byte(`{"approved": true, "actor": "email:reviewer@example.com"}`)}
	decided, err := client.CompleteToken(ctx, &decision, token)
	if err != nil {
		return err
	}
	completed, is := decided.(*helmr.TokenCompletionResponseHeaders)
	if !is {
		return unexpected(decided)
	}
	fmt.Printf("token: %s\n", completed.Response.Status)

	other := helmr.TokenCompleteRequest{Data: []byte(`{"approved": false}`)}
	late, err := client.CompleteToken(ctx, &other, token)
	if err != nil {
		return err
	}
	conflict, is := late.(*helmr.TokenCompleteConflictResponseHeaders)
	if !is || conflict.Response.Code.Value != "token_completion_conflict" {
		return unexpected(late)
	}
	fmt.Println("conflict: the token was completed with other data")
	return nil
}

// firstRecord polls until the stream has a record, because reads do not wait.
func firstRecord(ctx context.Context, client *helmr.Client, session uuid.UUID, stream string, data any) error {
	from := helmr.ReadOutputRecordParams{SessionID: session, Stream: stream}
	for range 300 {
		response, err := client.ReadOutputRecord(ctx, from)
		if err != nil {
			return err
		}
		read, is := response.(*helmr.RecordReadResponseHeaders)
		if !is {
			return unexpected(response)
		}
		if record, is := read.Response.Record.Get(); is {
			return json.Unmarshal(record.Data, data)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("no record in %s after 30 s", stream)
}

func unexpected(response any) error {
	return fmt.Errorf("unexpected response: %+v", response)
}
