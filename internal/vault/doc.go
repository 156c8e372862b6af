// Package vault seals secrets at rest with Tink, each bound to the row that it stands in, and makes keysets.
//
// It imports internal/item and Tink, and no adapter; a store of sealed secrets cannot open them.
//
// Start reading at Vault.
package vault
