package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"relink/internal/item"
)

// Vault seals secrets for rows and opens them again, with Tink's AEAD. The identity of the row is bound to the
// ciphertext. A key is rotated in two steps: add the new key everywhere, then promote it.
type Vault struct{ aead tink.AEAD }

// FromKeyset reads a Tink keyset in JSON from file. Anybody who can read the file can open every secret.
func FromKeyset(file string) (*Vault, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read keyset: %w", err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("parse keyset %s: %w", file, err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use keyset %s: it must hold AEAD keys: %w", file, err)
	}
	return &Vault{aead: primitive}, nil
}

// CreateKeyset writes a new AES-256-GCM keyset to file, mode 0600, unless the file exists.
func CreateKeyset(file string) error {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("make keyset: %w", err)
	}
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&out)); err != nil {
		return fmt.Errorf("encode keyset: %w", err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create keyset: %w", err)
	}
	_, err = f.Write(out.Bytes())
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	return nil
}

// SealToken seals the access token of an Item's row.
func (v *Vault) SealToken(id item.ID, token string) (Sealed, error) {
	return v.Seal("items/"+string(id), token)
}

// Seal seals a secret for the row that it belongs to, such as linksession.TokenRow. It opens for no other row.
func (v *Vault) Seal(row, secret string) (Sealed, error) {
	ciphertext, err := v.aead.Encrypt([]byte(secret), []byte(row))
	if err != nil {
		return Sealed{}, fmt.Errorf("seal %s: %w", row, err)
	}
	return Sealed{Row: row, Ciphertext: ciphertext}, nil
}

// Open opens a secret that was sealed for the same row.
func (v *Vault) Open(s Sealed) (string, error) {
	plain, err := v.aead.Decrypt(s.Ciphertext, []byte(s.Row))
	if err != nil {
		return "", fmt.Errorf("open %s: %w", s.Row, err)
	}
	return string(plain), nil
}

// SealBody seals a webhook's body for the inbox row of its delivery.
func (v *Vault) SealBody(deliveryKey, body []byte) ([]byte, error) {
	row := inboxRow(deliveryKey)
	sealed, err := v.aead.Encrypt(body, []byte(row))
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", row, err)
	}
	return sealed, nil
}

// OpenBody opens the body that was sealed for the same delivery.
func (v *Vault) OpenBody(deliveryKey, sealed []byte) ([]byte, error) {
	row := inboxRow(deliveryKey)
	body, err := v.aead.Decrypt(sealed, []byte(row))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", row, err)
	}
	return body, nil
}

func inboxRow(deliveryKey []byte) string { return "inbox/" + hex.EncodeToString(deliveryKey) }
