// Review starts the task review-pull-request and handles its requests.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"example.com/review/helmr"
)

func main() {
	if err := review(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func review(ctx context.Context) error {
	authorize := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("HELMR_API_KEY"))
		return nil
	}
	client, err := helmr.NewClientWithResponses(os.Getenv("HELMR_API_URL"), helmr.WithRequestEditorFn(authorize))
	if err != nil {
		return err
	}

	started, err := client.StartSessionWithResponse(ctx, nil, helmr.SessionStartRequest{
		TaskId:  "review-pull-request",
		Payload: map[string]any{"owner": "OWNER", "repo": "REPO", "prNumber": 42},
	})
	if err != nil {
		return err
	}
	if started.JSON201 == nil { // 200: the session exists; 202: the key is in use, retry
		return unexpected(started.Status(), started.Body)
	}
	session := started.JSON201.Session.Id
	fmt.Printf("started a session, its run is %s\n", started.JSON201.Run.Status)

	sent, err := client.AppendInputRecordWithResponse(ctx, session, "approval", nil, helmr.AppendRecordRequest{
		Data: map[string]any{"approved": true},
	})
	if err != nil {
		return err
	}
	if sent.JSON201 == nil {
		return unexpected(sent.Status(), sent.Body)
	}
	fmt.Printf("sent input record %d\n", sent.JSON201.Record.Sequence)

	report, err := firstRecord(ctx, client, session, "agent.report")
	if err != nil {
		return err
	}
	fmt.Printf("read output: %s\n", report["summary"])

	email, err := firstRecord(ctx, client, session, "agent.email")
	if err != nil {
		return err
	}
	var token helmr.TokenIdParameter
	if err := token.UnmarshalText([]byte(email["tokenId"].(string))); err != nil {
		return err
	}
	completed, err := client.CompleteTokenWithResponse(ctx, token, nil, helmr.TokenCompleteRequest{
		Data: map[string]any{"approved": true, "actor": "email:reviewer@example.com"},
	})
	if err != nil {
		return err
	}
	if completed.JSON200 == nil {
		return unexpected(completed.Status(), completed.Body)
	}
	fmt.Printf("token: %s\n", completed.JSON200.Status)

	// A second, different decision is a conflict: 409 with a specific code.
	late, err := client.CompleteTokenWithResponse(ctx, token, nil, helmr.TokenCompleteRequest{
		Data: map[string]any{"approved": false},
	})
	if err != nil {
		return err
	}
	if late.JSON409 == nil || late.JSON409.Code == nil || *late.JSON409.Code != "token_completion_conflict" {
		return unexpected(late.Status(), late.Body)
	}
	fmt.Println("conflict: the token was completed with other data")
	return nil
}

// firstRecord polls until the stream has a record, because reads do not wait.
func firstRecord(
	ctx context.Context, client *helmr.ClientWithResponses, session helmr.SessionIdParameter, stream string,
) (map[string]any, error) {
	for range 300 {
		read, err := client.ReadOutputRecordWithResponse(ctx, session, stream, nil)
		if err != nil {
			return nil, err
		}
		if read.JSON200 == nil {
			return nil, unexpected(read.Status(), read.Body)
		}
		if record := read.JSON200.Record; record != nil {
			return record.Data.(map[string]any), nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, fmt.Errorf("no record in %s after 30 s", stream)
}

func unexpected(status string, body []byte) error {
	return fmt.Errorf("unexpected response %s: %s", status, body)
}
