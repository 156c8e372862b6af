package temporalserver

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// DownloadVar names the variable that says where the CLI's archive is: a URL in place of the vendor's, or "off".
const DownloadVar = "RELINK_TEMPORAL_DOWNLOAD"

// checksums are the SHA-256 sums of the vendor's archives of this version, by system. A download from another address
// must have them too. Source: checksums.txt of https://github.com/temporalio/cli/releases/tag/v1.5.1.
var checksums = map[string]string{
	"darwin_amd64": "bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9",
	"darwin_arm64": "cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415",
	"linux_amd64":  "ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d",
	"linux_arm64":  "bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5",
}

const (
	// patience is how long the other side may be silent: until it is connected and sends the first byte, and then
	// between two pieces. Where the vendor is out of reach, the first start loses no more than this.
	patience  = 5 * time.Second
	largestMB = 1024 // unpacked; it takes 213
)

var (
	errNoArchive = errors.New("there is no archive to download")
	errSilent    = fmt.Errorf("no answer for %s", patience)
)

// archive returns where the CLI's archive is and its SHA-256 sum, or [errNoArchive].
func archive() (address, sum string, err error) {
	system := runtime.GOOS + "_" + runtime.GOARCH
	sum, known := checksums[system]
	switch address = os.Getenv(DownloadVar); { //nolint:forbidigo // like PATH, it belongs to this machine, not to relink's configuration
	case address == "off", !known:
		return "", "", errNoArchive
	case address == "":
		address = fmt.Sprintf("https://github.com/temporalio/cli/releases/download/v%s/temporal_cli_%[1]s_%s.tar.gz", version, system)
	}
	return address, sum, nil
}

// download puts the CLI from its vendor's archive at target. The file appears there only as a whole, and only if the
// archive has the right sum and the binary in it says that it is our version.
func download(ctx context.Context, target string, progress func(string)) error {
	address, sum, err := archive()
	if err != nil {
		return err
	}
	progress("there is no Temporal here: downloading its CLI " + version + ", once, about 50 MB, from " + address)
	fresh, err := os.CreateTemp(filepath.Dir(target), "downloading-") // in the same folder, so that a rename moves it
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(fresh.Name()) }()
	err = fetch(ctx, address, sum, fresh, progress)
	if err := errors.Join(err, fresh.Chmod(0o700), fresh.Close()); err != nil {
		return err
	}
	got, err := versionOf(ctx, fresh.Name())
	if err != nil {
		return fmt.Errorf("the CLI from %s does not run: %w", address, err)
	}
	if !strings.HasPrefix(got, "temporal version "+version+" ") {
		return fmt.Errorf("the CLI from %s is not version %s: it says %q", address, version, got)
	}
	return os.Rename(fresh.Name(), target)
}

// fetch downloads the archive and writes the CLI in it to out. An error says nothing of out: it may hold anything.
func fetch(ctx context.Context, address, sum string, out io.Writer, progress func(string)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(patience, func() { cancel(errSilent) })
	defer silence.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("read the archive's address: %w", err)
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return because(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", address, response.Status)
	}
	body := &received{body: response.Body, total: response.ContentLength, silence: silence}
	defer report(progress, "downloading", body)()
	hash := sha256.New()
	all := io.TeeReader(body, hash)
	err = unpack(all, out)
	if _, rest := io.Copy(io.Discard, all); rest != nil { // the sum is of the whole archive
		return because(ctx, rest)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("the archive at %s has the SHA-256 sum %s, not %s", address, got, sum)
	}
	return err
}

// because returns why ctx was cancelled, if it was, and otherwise err without the address, which progress named.
func because(ctx context.Context, err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	return fmt.Errorf("download Temporal: %w", cmp.Or(context.Cause(ctx), err))
}

func unpack(archive io.Reader, out io.Writer) error {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return fmt.Errorf("unpack the archive: %w", err)
	}
	for files := tar.NewReader(unzipped); ; {
		file, err := files.Next()
		if err != nil {
			return fmt.Errorf("find temporal in the archive: %w", err)
		}
		if file.Name != "temporal" {
			continue
		}
		if _, err := io.Copy(out, io.LimitReader(files, largestMB<<20)); err != nil {
			return fmt.Errorf("unpack temporal: %w", err)
		}
		return nil
	}
}

// received counts what arrives, and starts the patience anew with each piece.
type received struct {
	body    io.Reader
	bytes   atomic.Int64
	total   int64 // -1 if the other side does not say
	silence *time.Timer
}

// Read implements io.Reader.
func (r *received) Read(b []byte) (int, error) {
	n, err := r.body.Read(b)
	if n > 0 {
		r.silence.Reset(patience)
		r.bytes.Add(int64(n))
	}
	return n, err
}

func (r *received) String() string {
	if r.total > 0 {
		return fmt.Sprintf("%d of %d MB", r.bytes.Load()>>20, r.total>>20)
	}
	return fmt.Sprintf("%d MB", r.bytes.Load()>>20)
}
