// Package enrolment is how an Item and its merchant enter relink: what a merchant must look like, the steps that every
// enrolment shares, and the bulk import from a CSV file.
//
// It imports internal/plaid (Plaid's lists and errors), internal/item, internal/linksession and internal/vault, and
// neither Temporal nor Postgres.
//
// Start reading at CheckMerchant and at Enroller.Enrol.
package enrolment
