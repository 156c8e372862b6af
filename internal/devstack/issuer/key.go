package issuer

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-jose/go-jose/v4"
)

const (
	keyBits  = 2048
	pemBlock = "PRIVATE KEY" // PKCS #8
)

// loadKey reads the signing key. If there is none, it makes one, and keeps it if a file is named. The key's name is its
// thumbprint (RFC 7638), so it survives a restart too.
func loadKey(file string) (jose.JSONWebKey, error) {
	private, err := readKey(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		private, err = rsa.GenerateKey(rand.Reader, keyBits)
		if err == nil && file != "" {
			private, err = keepKey(file, private)
		}
	}
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("load signing key: %w", err)
	}
	key := jose.JSONWebKey{Key: private, Algorithm: string(jose.RS256), Use: "sig"}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	key.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return key, err
}

func readKey(file string) (*rsa.PrivateKey, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %#o, others may read it; expected 0600", file, info.Mode().Perm())
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil || block.Type != pemBlock {
		return nil, fmt.Errorf("%s holds no PEM block %q", file, pemBlock)
	}
	key, _ := x509.ParsePKCS8PrivateKey(block.Bytes) // with an error there is no key
	private, ok := key.(*rsa.PrivateKey)
	if !ok || private.N.BitLen() < keyBits {
		return nil, fmt.Errorf("%s holds no RSA key of %d bits", file, keyBits)
	}
	return private, nil
}

// keepKey creates the file in one step, and returns the key in it: of another process, if that was faster.
func keepKey(file string, private *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err := errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o700)); err != nil {
		return nil, err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(temporary.Name()) }() // its other name stays
	err = errors.Join(pem.Encode(temporary, &pem.Block{Type: pemBlock, Bytes: der}), temporary.Sync(), temporary.Close())
	if err == nil {
		err = os.Link(temporary.Name(), file)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return readKey(file)
}
