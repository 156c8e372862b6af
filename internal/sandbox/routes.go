package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// apiRoute is one path of Plaid's API. Fields names what a request may hold beside client_id and secret, as the schema
// of that path has it; a star marks what it must hold. Plaid refuses unknown and missing fields, so we do too.
type apiRoute struct {
	path   string
	fields string
	serve  func(*call) (any, error)
}

func (s *Server) apiRoutes() []apiRoute {
	return []apiRoute{
		{"/link/token/create", linkTokenCreateFields, kept(s, handle(s.linkTokenCreate))},
		{"/link/token/get", "link_token*", handle(s.linkTokenGet)},
		{"/item/get", "access_token*", handle(s.itemGet)},
		{"/item/remove", "access_token* reason_code reason_note", kept(s, handle(s.itemRemove))},
		{"/item/webhook/update", "access_token* webhook", kept(s, handle(s.itemWebhookUpdate))},
		{"/item/public_token/exchange", "public_token*", kept(s, handle(s.publicTokenExchange))},
		{"/accounts/get", "access_token* options", handle(s.accountsGet)},
		{"/institutions/get_by_id", "institution_id* country_codes* options", handle(s.institutionsGetByID)},
		{"/webhook_verification_key/get", "key_id*", handle(s.webhookVerificationKeyGet)},
		{"/sandbox/public_token/create", "institution_id* initial_products* options user_token user_id", kept(s, handle(s.sandboxPublicTokenCreate))},
		{"/sandbox/item/reset_login", "access_token*", kept(s, handle(s.sandboxItemResetLogin))},
		{"/sandbox/item/fire_webhook", "access_token* webhook_code* webhook_type", kept(s, handle(s.sandboxItemFireWebhook))},
	}
}

// linkTokenCreateFields are all of the schema's, most of which have no effect here; update by user is refused by check,
// since answering without it would be a lie.
const linkTokenCreateFields = `client_name* language* country_codes* user* products required_if_supported_products optional_products
	additional_consented_products webhook access_token access_tokens link_customization_name redirect_uri android_package_name
	institution_data card_switch account_filters eu_config institution_id payment_initiation deposit_switch employment
	income_verification base_report credit_partner_insights cra_options consumer_report_permissible_purpose auth transfer update
	identity_verification statements user_token user_id investments investments_auth hosted_link transactions cra_enabled identity
	financekit_supported enable_multi_item_link`

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, route := range s.apiRoutes() {
		mux.Handle("POST "+route.path, s.api(route))
	}
	mux.HandleFunc("/", s.notFound)

	mux.HandleFunc("GET /link/v2/stable/link-initialize.js", s.linkScript)
	mux.HandleFunc("GET "+hostedPath+"{id}", s.linkPage)
	for _, name := range []string{"session", "session.js", "panes.js", "session.css", "bank-done.js"} {
		mux.HandleFunc("GET /link/"+name, s.linkPage)
	}
	for name, serve := range s.linkSteps() {
		mux.Handle("POST /link/session/"+name, s.linkStep(serve))
	}
	mux.HandleFunc("GET "+bankPath+"{visit}", s.bankPage)
	mux.HandleFunc("POST "+bankPath+"{visit}", s.bankDecision)

	mux.Handle("POST /control/break", control(kept(s, s.controlBreak)))
	mux.Handle("POST /control/heal", control(kept(s, s.controlHeal)))
	mux.Handle("POST /control/breakall", control(kept(s, s.controlBreakAll)))
	mux.Handle("POST /control/healall", control(kept(s, s.controlHealAll)))
	mux.Handle("POST /control/bank", control(kept(s, s.controlBank)))
	mux.Handle("POST /control/item", control(kept(s, s.controlItem)))
	mux.Handle("POST /control/consent", control(kept(s, s.controlConsent)))
	mux.Handle("POST /control/fire", control(kept(s, s.controlFire)))
	mux.Handle("POST /control/link", control(kept(s, s.controlLink)))
	mux.Handle("POST /control/key", control(kept(s, s.controlKey)))
	mux.Handle("POST /control/sign", controlUpTo(maxSignBody, kept(s, s.controlSign)))
	mux.Handle("POST /control/signing", control(kept(s, s.controlSigning)))
	mux.Handle("POST /control/clock", control(kept(s, s.controlAdvance)))
	mux.Handle("POST /control/fault", control(s.controlFault))
	mux.Handle("GET /control/clock", control(s.controlClock))
	mux.Handle("GET /control/requests", control(s.controlRequests))
	mux.Handle("GET /control/webhooks", control(s.controlWebhooks))
	mux.Handle("GET /control/webhook-key", control(s.controlWebhookKey))
	return mux
}

// fieldNames splits an apiRoute's fields into those it must have and all it may have.
func fieldNames(fields string) (required, known []string) {
	known = []string{"client_id", "secret"}
	for name := range strings.FieldsSeq(fields) {
		name, must := strings.CutSuffix(name, "*")
		known = append(known, name)
		if must {
			required = append(required, name)
		}
	}
	slices.Sort(known)
	return required, known
}
