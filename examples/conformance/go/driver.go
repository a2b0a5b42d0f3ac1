// The driver for `helmr-contract client` that tests the client in client.go.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"time"
)

type fields = map[string]json.RawMessage

type call struct {
	Hello  json.RawMessage
	ID     json.RawMessage
	Call   string
	Args   fields
	Client struct {
		URL            string
		Key            string  `json:"api_key"`
		TimeoutSeconds float64 `json:"timeout_seconds"`
	}
}

type failure struct {
	Kind    string `json:"kind"`
	Status  int    `json:"status,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
}

var calls = map[string]func(context.Context, *Client, fields) (json.RawMessage, error){
	"sessions.start": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		if key := args["idempotency_key"]; len(key) > 0 && key[0] == '[' {
			return nil, errUnsupported // this client does not hash keys
		}
		return c.Start(ctx, args)
	},
	"sessions.get": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		return c.Do(ctx, "GET", Session("/api", text(args, "session_id"), text(args, "external_id"), ""), nil, true)
	},
	"sessions.list": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		return c.Do(ctx, "GET", "/api/sessions", nil, true)
	},
	"sessions.close":  end("/close"),
	"sessions.cancel": end("/cancel"),
	"inputs.send": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		path := Session("/api", text(args, "session_id"), text(args, "external_id"), "/inputs/"+segment(text(args, "stream")))
		_, keyed := args["idempotency_key"]
		return c.Do(ctx, "POST", path, only(args, "data", "correlation_id", "idempotency_key"), keyed)
	},
	"runs.get": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		return c.Do(ctx, "GET", "/api/runs/"+segment(text(args, "run_id")), nil, true)
	},
	"runs.cancel": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		return c.Do(ctx, "POST", "/api/runs/"+segment(text(args, "run_id"))+"/cancel", only(args, "reason", "force"), true)
	},
	"tokens.create": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		_, keyed := args["idempotency_key"]
		return c.Do(ctx, "POST", "/api/tokens", args, keyed)
	},
	"tokens.complete": func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		return c.Do(ctx, "POST", "/api/tokens/"+segment(text(args, "token_id"))+"/complete", only(args, "data"), true)
	},
}

var errUnsupported = errors.New("this client cannot make the call")

func main() {
	input, output := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	clients := map[string]*Client{}
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked call
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err) // shown in the report
		}
		if asked.Hello != nil {
			names := slices.Sorted(maps.Keys(calls))
			output.Encode(map[string]any{"protocol": 1, "client": "go-example 1", "calls": names})
			continue
		}
		at := asked.Client.URL + " " + asked.Client.Key // one client for equal settings, so that connections are kept
		if clients[at] == nil {
			clients[at] = NewClient(asked.Client.URL, asked.Client.Key)
		}
		limit := 30 * time.Second
		if asked.Client.TimeoutSeconds > 0 {
			limit = time.Duration(asked.Client.TimeoutSeconds * float64(time.Second))
		}
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		result, err := calls[asked.Call](ctx, clients[at], asked.Args)
		cancel()
		response := map[string]any{"id": asked.ID, "result": result}
		if err != nil {
			response = map[string]any{"id": asked.ID, "error": failureOf(err)}
		}
		output.Encode(response)
	}
}

func end(verb string) func(context.Context, *Client, fields) (json.RawMessage, error) {
	return func(ctx context.Context, c *Client, args fields) (json.RawMessage, error) {
		return c.Do(ctx, "POST", Session("/api", text(args, "session_id"), "", verb), only(args, "reason"), true)
	}
}

func failureOf(err error) failure {
	var status *StatusError
	switch {
	case errors.As(err, &status):
		return failure{"status", status.Status, status.Code, status.Message}
	case errors.Is(err, context.DeadlineExceeded):
		return failure{Kind: "timeout", Message: "the time allowed for the call was over"}
	case errors.Is(err, ErrInvalidResponse):
		return failure{Kind: "invalid_response", Message: err.Error()}
	case errors.Is(err, errUnsupported):
		return failure{Kind: "unsupported", Message: err.Error()}
	}
	return failure{Kind: "connection", Message: "no response came"}
}

func text(args fields, name string) (value string) {
	json.Unmarshal(args[name], &value)
	return value
}

func only(args fields, names ...string) fields {
	chosen := fields{}
	for name, value := range args {
		if slices.Contains(names, name) {
			chosen[name] = value
		}
	}
	return chosen
}
