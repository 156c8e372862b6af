// Package policy holds the rules for when a merchant is mailed: steps, quiet hours, gaps, and exceptions.
//
// It imports internal/item, internal/mailing and a YAML library only, and it has neither a clock nor a database.
//
// Start reading at [Rules.Next]; [Parse] reads a policy file, and [Rules.Preview] shows what a policy would do.
package policy
