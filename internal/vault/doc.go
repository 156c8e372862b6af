// Package vault seals secrets at rest with Tink, each bound to the row that it stands in, and makes keysets.
// It imports internal/item and Tink, and no adapter; whoever stores a sealed secret does not see into it.
// Start reading at Vault.
package vault
