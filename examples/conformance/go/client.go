// A small client of the Helmr API that uses only the standard library.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const apiVersion = "2026-06-06"

// Client sends requests to one control plane.
type Client struct {
	URL, Key string
	HTTP     *http.Client
}

// NewClient returns a client that follows no redirects and uses no proxy.
func NewClient(address, key string) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	return &Client{
		URL: strings.TrimRight(address, "/"),
		Key: key,
		HTTP: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// StatusError is an error response of the control plane.
type StatusError struct {
	Status        int
	Code, Message string
}

func (e *StatusError) Error() string { return strconv.Itoa(e.Status) + " " + e.Message }

// ErrInvalidResponse is returned for a response that violates the contract.
var ErrInvalidResponse = errors.New("the response is not a JSON object")

const maxTries = 4

// credential matches credentials, which a server may echo in an error and which must not be logged.
var credential = regexp.MustCompile(`hlmr_[A-Za-z0-9_-]+`)

// Do sends a request, and sends it again where that is safe: after a lost connection and transient statuses, and
// while another request with the same idempotency key is being processed (202).
func (c *Client) Do(ctx context.Context, method, path string, body any, safe bool) (json.RawMessage, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = marshal(body); err != nil {
			return nil, err
		}
	}
	for try := 1; ; try++ {
		result, pause, err := c.once(ctx, method, path, content)
		pending := err == nil && result == nil
		if !pending && (err == nil || !safe || pause == 0 || try == maxTries) {
			return result, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// once returns the body, or how long to wait before the request may be sent again (0: it may not).
func (c *Client) once(ctx context.Context, method, path string, content []byte) (json.RawMessage, time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(content))
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("Helmr-API-Version", apiVersion)
	request.Header.Set("Helmr-SDK-Version", "go-example/1")
	request.Header.Set("Accept", "application/json")
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	if content != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, 100 * time.Millisecond, err
	}
	defer response.Body.Close()
	received, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return nil, 100 * time.Millisecond, err
	}
	switch response.StatusCode {
	case 200, 201:
		var object map[string]json.RawMessage
		if json.Unmarshal(received, &object) != nil || object == nil {
			return nil, 0, ErrInvalidResponse
		}
		return received, 0, nil
	}
	failed := &StatusError{Status: response.StatusCode}
	var told struct{ Error, Code string }
	if json.Unmarshal(received, &told) == nil {
		failed.Message, failed.Code = credential.ReplaceAllString(told.Error, "***"), told.Code
	}
	if response.StatusCode == 202 && failed.Code == "idempotency_pending" {
		return nil, retryAfter(response), nil
	}
	switch response.StatusCode {
	case 429, 502, 503, 504:
		return nil, retryAfter(response), failed
	}
	return nil, 0, failed
}

// retryAfter reads the header in both of its forms; a time is relative to the server's own clock.
func retryAfter(response *http.Response) time.Duration {
	value := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		now, err := http.ParseTime(response.Header.Get("Date"))
		if err != nil {
			now = time.Now()
		}
		if pause := at.Sub(now); pause > 0 {
			return pause
		}
	}
	return 100 * time.Millisecond
}

// Start starts a session. It is retried only if a key or an external id makes that safe.
func (c *Client) Start(ctx context.Context, body map[string]json.RawMessage) (json.RawMessage, error) {
	_, keyed := body["idempotency_key"]
	_, named := body["external_id"]
	content, err := c.Do(ctx, "POST", "/api/sessions", body, keyed || named)
	if err != nil {
		return nil, err
	}
	started := map[string]json.RawMessage{"is_cached": json.RawMessage("false")} // omitted if false
	if err := json.Unmarshal(content, &started); err != nil {
		return nil, err
	}
	return marshal(started)
}

// Session returns the path of a session and its query.
func Session(root, id, externalID, rest string) string {
	if externalID != "" {
		return root + "/sessions/by-external-id" + rest + "?external_id=" + url.QueryEscape(externalID)
	}
	return root + "/sessions/" + segment(id) + rest
}

func segment(text string) string {
	switch text {
	case ".", "..": // so that they are not resolved as relative segments
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// marshal writes JSON without escaping characters for HTML.
func marshal(value any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimRight(buffer.Bytes(), "\n"), err
}
