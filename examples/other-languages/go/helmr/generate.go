// Package helmr is the client generated from the document's rendering for clients.
package helmr

//go:generate go tool oapi-codegen -config oapi-codegen.yaml ../openapi-client.yaml
