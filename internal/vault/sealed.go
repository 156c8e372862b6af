package vault

// Sealed is a secret at rest, such as an access token. Row is the identity of its row and is bound to the ciphertext: a
// sealed secret that is moved to another row does not open.
type Sealed struct {
	Row        string
	Ciphertext []byte
}
