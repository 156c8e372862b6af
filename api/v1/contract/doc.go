// Package contract holds requests and responses against api/v1/openapi.yaml. It is for tests only, and may import
// api/v1, which has the file, and nothing else of relink. Start reading at Hold.
package contract
