// Package policy says when a merchant is mailed: steps, quiet hours, distances, and who is treated differently.
// It imports internal/item and a YAML reader, and knows neither clock nor database: what it is told, it decides on.
// Start with [Rules.Next]; [Parse] reads a policy file and [Policy.Preview] shows what it would do.
package policy
