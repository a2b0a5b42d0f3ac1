// Package helmr is the client, generated from the OpenAPI 3.0 rendering of the document.
package helmr

//go:generate go tool oapi-codegen -config oapi-codegen.yaml ../openapi-3.0.yaml
