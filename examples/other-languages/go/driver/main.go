// The driver with which `helmr-contract client` tests the client that oapi-codegen makes of the document.
// What a client does beyond one request (waiting, following, pages, repeating) is not here, so it is skipped.
package main

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"time"

	"example.com/review/helmr"
)

//go:embed known_failures.json
var knownFailures json.RawMessage

type settings struct {
	URL            string  `json:"url"`
	Key            string  `json:"api_key"`
	TimeoutSeconds float64 `json:"timeout_seconds"`
}

type place struct {
	SessionID  helmr.SessionIdParameter `json:"session_id"`
	ExternalID *string                  `json:"external_id"`
	RunID      helmr.RunIdParameter     `json:"run_id"`
	TokenID    helmr.TokenIdParameter   `json:"token_id"`
	Stream     string                   `json:"stream"`
}

type record struct {
	place
	helmr.AppendRecordRequest
}

type client = *helmr.ClientWithResponses

// A function returns a pointer to a generated struct: HTTPResponse, Body, and a field for each status.
type function func(context.Context, client, json.RawMessage) (any, error)

var calls = map[string]function{
	"sessions.start": with(func(ctx context.Context, c client, body helmr.SessionStartRequest) (any, error) {
		return c.StartSessionWithResponse(ctx, nil, body)
	}),
	"sessions.get": with(func(ctx context.Context, c client, at place) (any, error) {
		if at.ExternalID == nil {
			return c.GetSessionWithResponse(ctx, at.SessionID, nil)
		}
		return c.GetSessionByExternalIdWithResponse(ctx, &helmr.GetSessionByExternalIdParams{ExternalId: *at.ExternalID})
	}),
	"sessions.list": with(func(ctx context.Context, c client, _ place) (any, error) { return c.ListSessionsWithResponse(ctx, nil) }),
	"inputs.send": with(func(ctx context.Context, c client, to record) (any, error) {
		if to.ExternalID == nil {
			return c.AppendInputRecordWithResponse(ctx, to.SessionID, to.Stream, nil, to.AppendRecordRequest)
		}
		at := helmr.AppendInputRecordByExternalIdParams{ExternalId: *to.ExternalID}
		return c.AppendInputRecordByExternalIdWithResponse(ctx, to.Stream, &at, to.AppendRecordRequest)
	}),
	"runs.get": with(func(ctx context.Context, c client, at place) (any, error) {
		return c.GetRunWithResponse(ctx, at.RunID, nil)
	}),
	"tokens.complete": with(func(ctx context.Context, c client, of record) (any, error) {
		return c.CompleteTokenWithResponse(ctx, of.TokenID, nil, helmr.TokenCompleteRequest{Data: of.Data})
	}),
}

// with reads a call's arguments into the types of the client, which has none for an id that is not a UUID.
func with[T any](make func(context.Context, client, T) (any, error)) function {
	return func(ctx context.Context, c client, args json.RawMessage) (any, error) {
		var read T
		if json.Unmarshal(args, &read) != nil {
			return nil, errors.ErrUnsupported
		}
		return make(ctx, c, read)
	}
}

func outcome(made any, err error) (string, any) {
	var network net.Error
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return "error", map[string]any{"kind": "unsupported", "message": "the client has no type for these arguments"}
	case errors.As(err, &network) && network.Timeout():
		return "error", map[string]any{"kind": "timeout", "message": "the time allowed for the call was over"}
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "error", map[string]any{"kind": "connection", "message": "no response came"}
	case err != nil:
		return "error", map[string]any{"kind": "invalid_response", "message": "the response is not as expected"}
	}
	fields := reflect.ValueOf(made).Elem()
	for _, name := range []string{"JSON200", "JSON201"} {
		if value := fields.FieldByName(name); value.IsValid() && !value.IsNil() {
			return "result", value.Interface()
		}
	}
	var told helmr.ErrorEnvelope
	_ = json.Unmarshal(fields.FieldByName("Body").Bytes(), &told) // a proxy may say something else
	status := fields.FieldByName("HTTPResponse").Interface().(*http.Response).StatusCode
	return "error", map[string]any{"kind": "status", "status": status, "code": told.Code, "message": told.Error}
}

type message struct {
	Hello, ID, Args json.RawMessage
	Call            string
	Client          settings
}

func main() {
	input, output := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	clients := map[settings]client{}
	for asked := (message{}); input.Decode(&asked) == nil; asked = (message{}) {
		if asked.Hello != nil {
			names := slices.Sorted(maps.Keys(calls))
			output.Encode(map[string]any{"protocol": 1, "client": "oapi-codegen (Go)", "calls": names, "known_failures": knownFailures})
			continue
		}
		if clients[asked.Client] == nil {
			clients[asked.Client] = newClient(asked.Client)
		}
		name, value := outcome(calls[asked.Call](context.Background(), clients[asked.Client], asked.Args))
		output.Encode(map[string]any{"id": asked.ID, name: value})
	}
}

func newClient(at settings) client {
	sender := &http.Client{
		Timeout:       time.Duration(cmp.Or(at.TimeoutSeconds, 30) * float64(time.Second)),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	headers := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Helmr-API-Version", "2026-06-06")
		request.Header.Set("Helmr-SDK-Version", "oapi-codegen")
		if at.Key != "" {
			request.Header.Set("Authorization", "Bearer "+at.Key)
		}
		return nil
	}
	made, _ := helmr.NewClientWithResponses(at.URL, helmr.WithHTTPClient(sender), helmr.WithRequestEditorFn(headers))
	return made // no option of these fails
}
