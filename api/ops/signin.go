package ops

import (
	"io"
	"net/http"
)

// beginSignIn sends the browser to the issuer. It stores nothing here: the browser's own cookie holds the attempt.
func (d *Door) beginSignIn(w http.ResponseWriter, r *http.Request) error {
	location, err := d.Web.Begin(w, r, r.URL.Query().Get("to"))
	if err != nil {
		return err
	}
	seeOther(w, r, location)
	return nil
}

// finishSignIn receives the browser when it comes back from the issuer. The code and the state are valid once, and only
// in the browser that began the sign-in.
func (d *Door) finishSignIn(w http.ResponseWriter, r *http.Request) error {
	to, err := d.Web.Finish(w, r)
	if err != nil {
		return err
	}
	seeOther(w, r, to)
	return nil
}

func (d *Door) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := d.Web.End(w, r); err != nil {
		return err
	}
	seeOther(w, r, "/signout")
	return nil
}

func (d *Door) showSignedOut(w http.ResponseWriter, _ *http.Request) error {
	return writePage(w, http.StatusOK, func(b io.Writer) error { return d.Pages.Message(b, SignedOut, Reader{}) })
}

// seeOther redirects a browser and hides the address that it came from, because codes and states are secrets.
func seeOther(w http.ResponseWriter, r *http.Request, to string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // to is the issuer's, or a path that signin found to be ours
}
