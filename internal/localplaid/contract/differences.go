package contract

import (
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// Difference is one thing that today's Plaid has and the pinned OpenAPI file (2020-09-14_1.565.0) has not.
type Difference struct {
	// Schema and Property say where. An empty Property means the schema itself, where that is an enum.
	Schema, Property string
	// Value is the enum value to allow. Empty means that the property itself is new.
	Value string
	// Format and Required describe a new property. All new properties are strings.
	Format   string
	Required bool
	// Source is where Plaid documents it.
	Source string
}

const (
	sourceUserID  = "plaid.com/docs/changelog, February 2026"
	sourceWebhook = "plaid.com/docs/api/sandbox, /sandbox/item/fire_webhook"
	sourceOpenAPI = "github.com/plaid/plaid-openapi 2020-09-14.yml at 1.697.4"
)

// Differences returns all of them. Loading the file fails when an entry is no longer one, so that a newer plaid-go
// shortens the list.
func Differences() []Difference {
	known := []Difference{
		{Schema: "PendingDisconnectWebhookReason", Value: "INSTITUTION_TOKEN_EXPIRATION", Source: "plaid.com/docs/changelog, 2024-10-15"},
		{
			Schema: "PendingDisconnectWebhook", Property: "disconnect_time", Format: "date-time", Required: true,
			Source: "plaid-openapi CHANGELOG 1.687.0",
		},
		{Schema: "SandboxItemFireWebhookRequest", Property: "webhook_code", Value: "PENDING_DISCONNECT", Source: sourceWebhook},
		{Schema: "SandboxItemFireWebhookRequest", Property: "webhook_code", Value: "USER_PERMISSION_REVOKED", Source: sourceWebhook},
		{Schema: "SandboxItemFireWebhookRequest", Property: "webhook_code", Value: "USER_ACCOUNT_REVOKED", Source: sourceWebhook},
		{Schema: "ItemRemoveRequest", Property: "reason_code", Source: sourceOpenAPI},
		{Schema: "ItemRemoveRequest", Property: "reason_note", Source: sourceOpenAPI},
		{Schema: "SandboxPublicTokenCreateRequest", Property: "user_id", Source: "plaid.com/docs/api/sandbox, /sandbox/public_token/create"},
		{Schema: "LinkTokenCreateRequest", Property: "user_id", Source: sourceOpenAPI},
		{Schema: "LinkEventsWebhook", Property: "environment", Source: "the schema's own example; plaid.com/docs/api/link, EVENTS"},
	}
	for _, schema := range []string{
		"ItemErrorWebhook", "ItemLoginRepairedWebhook", "PendingDisconnectWebhook", "PendingExpirationWebhook",
		"UserPermissionRevokedWebhook", "UserAccountRevokedWebhook", "NewAccountsAvailableWebhook", "LinkSessionFinishedWebhook",
	} {
		known = append(known, Difference{Schema: schema, Property: "user_id", Source: sourceUserID})
	}
	return known
}

// apply adds one difference to the loaded file.
func (d Difference) apply(doc *openapi3.T) error {
	ref, ok := doc.Components.Schemas[d.Schema]
	if !ok {
		return fmt.Errorf("difference %s: no such schema", d.Schema)
	}
	schema := ref.Value
	if d.Value == "" {
		return d.addProperty(schema)
	}
	if d.Property != "" {
		property, ok := schema.Properties[d.Property]
		if !ok {
			return fmt.Errorf("difference %s.%s: no such property", d.Schema, d.Property)
		}
		schema = property.Value
	}
	if len(schema.Enum) == 0 || slices.Contains(schema.Enum, any(d.Value)) {
		return fmt.Errorf("difference %s.%s: %s is no longer one", d.Schema, d.Property, d.Value)
	}
	schema.Enum = append(schema.Enum, d.Value)
	return nil
}

func (d Difference) addProperty(schema *openapi3.Schema) error {
	if _, ok := schema.Properties[d.Property]; ok {
		return fmt.Errorf("difference %s.%s is no longer one", d.Schema, d.Property)
	}
	added := openapi3.NewStringSchema()
	added.Format = d.Format
	schema.Properties[d.Property] = openapi3.NewSchemaRef("", added)
	if d.Required {
		schema.Required = append(schema.Required, d.Property)
	}
	return nil
}
