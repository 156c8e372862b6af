// Package v1 is the door for the platform's programs. openapi.yaml describes its routes.
// It may import api/web and the packages of relink's own domain and adapters, and no other door.
// Start reading at openapi.yaml and Door.Routes, then enrol.go.
package v1
