package web

import (
	"net/http"
	"slices"
	"strings"
)

// Kind is a kind of problem. Callers' programs distinguish problems by it, so no kind is ever renamed.
type Kind struct {
	Name   string // the end of its URN
	Status int
	Title  string // the same for every problem of the kind
}

// URN returns the problem's type.
func (k Kind) URN() string { return "urn:relink:problem:" + k.Name }

// The kinds of problems. api/v1/openapi.yaml lists those of /v1.
var (
	InvalidRequest   = Kind{"invalid_request", http.StatusBadRequest, "The request is not valid"}
	NoSuchSignIn     = Kind{"no_such_sign_in", http.StatusBadRequest, "No such sign-in is in progress"}
	Unauthenticated  = Kind{"unauthenticated", http.StatusUnauthorized, "The caller is not authenticated"}
	SignatureRefused = Kind{"signature_refused", http.StatusUnauthorized, "The webhook's signature is refused"}
	ScopeMissing     = Kind{"scope_missing", http.StatusForbidden, "The caller has no permission for this"}
	CrossSite        = Kind{"cross_site", http.StatusForbidden, "The request comes from another site"}
	SignInRefused    = Kind{"sign_in_refused", http.StatusForbidden, "The issuer refused the sign-in"}
	NoSuchRoute      = Kind{"no_such_route", http.StatusNotFound, "No such route"}
	NotFound         = Kind{"not_found", http.StatusNotFound, "Not found"}
	WrongEnvironment = Kind{"wrong_environment", http.StatusNotFound, "This deployment serves another environment"}
	MethodNotAllowed = Kind{"method_not_allowed", http.StatusMethodNotAllowed, "The route does not have this method"}
	ItemTaken        = Kind{"item_taken", http.StatusConflict, "The Item belongs to another merchant"}
	ItemRemoved      = Kind{"item_removed", http.StatusConflict, "The Item is removed"}
	MerchantErasing  = Kind{"merchant_erasing", http.StatusConflict, "The merchant is being erased"}
	CountDiffers     = Kind{"count_differs", http.StatusConflict, "More or fewer match than were expected"}
	RequestInWork    = Kind{"request_in_progress", http.StatusConflict, "The same request is in progress"}
	TokenSpent       = Kind{"public_token_spent", http.StatusConflict, "The public token is spent"}
	BodyTooLarge     = Kind{"body_too_large", http.StatusRequestEntityTooLarge, "The body is too large"}
	KeyReused        = Kind{"idempotency_key_reused", http.StatusUnprocessableEntity, "The Idempotency-Key belongs to another request"}
	PlaidRefused     = Kind{"plaid_refused", http.StatusUnprocessableEntity, "Plaid refused it"}
	TokenMismatch    = Kind{"access_token_mismatch", http.StatusUnprocessableEntity, "The access token does not open the Item"}
	TooManyRequests  = Kind{"too_many_requests", http.StatusTooManyRequests, "Too many requests"}
	Failed           = Kind{"failed", http.StatusInternalServerError, "relink failed"}
	Unavailable      = Kind{"unavailable", http.StatusServiceUnavailable, "It cannot be done now"}
)

// Kinds returns every kind of problem, sorted by name.
func Kinds() []Kind {
	all := []Kind{
		InvalidRequest, NoSuchSignIn, Unauthenticated, SignatureRefused, ScopeMissing, CrossSite, SignInRefused, NoSuchRoute, NotFound,
		WrongEnvironment, MethodNotAllowed, ItemTaken, ItemRemoved, MerchantErasing, CountDiffers, RequestInWork, TokenSpent, BodyTooLarge,
		KeyReused, PlaidRefused, TokenMismatch, TooManyRequests, Failed, Unavailable,
	}
	slices.SortFunc(all, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return all
}
