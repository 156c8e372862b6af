package temporalserver_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"relink/internal/devstack/temporalserver"
)

const ours = "#!/bin/sh\necho 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)'\n"

// packed returns a .tar.gz archive with one program, as the vendor's has, and its SHA-256 sum.
func packed(t *testing.T, name, program string) (archive []byte, sum string) {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	files := tar.NewWriter(zipped)
	for _, f := range []struct{ name, text string }{{"LICENSE", "MIT"}, {name, program}} {
		require.NoError(t, files.WriteHeader(&tar.Header{Name: f.name, Mode: 0o755, Size: int64(len(f.text))}))
		_, err := io.WriteString(files, f.text)
		require.NoError(t, err)
	}
	require.NoError(t, files.Close())
	require.NoError(t, zipped.Close())
	hash := sha256.Sum256(b.Bytes())
	return b.Bytes(), hex.EncodeToString(hash[:])
}

// vendor stands in for the server of the archive, and is the address of downloads in this test.
func vendor(t *testing.T, serve http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(serve)
	t.Cleanup(server.Close)
	t.Setenv(temporalserver.DownloadVar, server.URL+"/cli.tar.gz")
	return server.URL
}

// progress collects the lines of Ensure.
type progress struct {
	mu    sync.Mutex
	lines []string
}

func (p *progress) add(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, line)
}

func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

func requireNothingLeft(t *testing.T, folder string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(folder, "downloading-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestArchive_isTheVendorsUnlessTheVariableNamesAnother(t *testing.T) {
	t.Setenv(temporalserver.DownloadVar, "")
	url, sum, err := temporalserver.Archive()
	require.NoError(t, err)
	system := runtime.GOOS + "_" + runtime.GOARCH
	require.Equal(t, "https://github.com/temporalio/cli/releases/download/v1.5.1/temporal_cli_1.5.1_"+system+".tar.gz", url)
	require.Len(t, sum, 2*sha256.Size)

	t.Setenv(temporalserver.DownloadVar, "https://mirror.example/cli.tar.gz")
	url, same, err := temporalserver.Archive()
	require.NoError(t, err)
	require.Equal(t, "https://mirror.example/cli.tar.gz", url)
	require.Equal(t, sum, same, "a mirror has the same archive")

	t.Setenv(temporalserver.DownloadVar, "off")
	_, _, err = temporalserver.Archive()
	require.Error(t, err)
}

func TestEnsure_downloadsOnceForAllAndKeepsTheCLI(t *testing.T) {
	cache, _ := emptyMachine(t)
	archive, sum := packed(t, "temporal", ours)
	temporalserver.ExpectSum(t, sum)
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(archive)
	}))
	defer elsewhere.Close()
	url := vendor(t, func(w http.ResponseWriter, r *http.Request) { // as GitHub does
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	})

	said := &progress{}
	paths := make(chan string, 3)
	for range cap(paths) {
		go func() {
			path, err := temporalserver.Ensure(t.Context(), said.add)
			if err != nil {
				path = err.Error()
			}
			paths <- path
		}()
	}
	want := filepath.Join(cache, "relink", "temporal-v1.5.1", "temporal")
	for range cap(paths) {
		require.Equal(t, want, <-paths)
	}
	require.EqualValues(t, 1, asked.Load())
	require.Contains(t, said.String(), "downloading its CLI 1.5.1, once, about 50 MB, from "+url+"/cli.tar.gz")
	require.Contains(t, said.String(), "downloading Temporal took 0s: 0 of 0 MB")
	program, err := os.ReadFile(want)
	require.NoError(t, err)
	require.Equal(t, ours, string(program))
	requireNothingLeft(t, filepath.Dir(want))

	path, err := temporalserver.Ensure(t.Context(), func(line string) { t.Error("said", line) })
	require.NoError(t, err)
	require.Equal(t, want, path)
}

func TestEnsure_buildsWhenTheDownloadIsNotOurVersion(t *testing.T) {
	good, sum := packed(t, "temporal", ours)
	other, otherSum := packed(t, "temporal", "#!/bin/sh\necho 'temporal version 1.6.0 (Server 1.30.0, UI 2.43.0)'\n")
	dumb, dumbSum := packed(t, "temporal", broken)
	empty, emptySum := packed(t, "README", "nothing here")
	garbage := bytes.Repeat([]byte("garbage"), 1000)
	garbageSum := sha256.Sum256(garbage)
	sends := func(body []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }
	}
	for name, c := range map[string]struct {
		sum, why string
		serve    http.HandlerFunc
	}{
		"not found":           {sum, "404 Not Found", http.NotFound},
		"other bytes":         {sum, "has the SHA-256 sum " + otherSum, sends(other)},
		"another version":     {otherSum, "is not version 1.5.1", sends(other)},
		"does not run":        {dumbSum, "does not run", sends(dumb)},
		"no CLI in it":        {emptySum, "find temporal in the archive", sends(empty)},
		"garbage":             {sum, "has the SHA-256 sum", sends(garbage)},
		"garbage as expected": {hex.EncodeToString(garbageSum[:]), "unpack the archive", sends(garbage)},
		"cut off": {sum, "unexpected EOF", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(good)))
			_, _ = w.Write(good[:len(good)/2])
		}},
		"goes in circles": {sum, "stopped after 10 redirects", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/", http.StatusFound)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cache, bin := emptyMachine(t)
			program(t, bin, "go", fakeGo)
			t.Setenv("NOTES", filepath.Join(bin, "notes"))
			temporalserver.ExpectSum(t, c.sum)
			vendor(t, c.serve)
			said := &progress{}
			path, err := temporalserver.Ensure(t.Context(), said.add)
			require.NoError(t, err)
			require.Contains(t, said.String(), "Temporal was not downloaded: ")
			require.Contains(t, said.String(), c.why)
			require.Equal(t, filepath.Join(cache, "relink", "temporal-v1.5.1", "temporal"), path)
			built, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Contains(t, string(built), "echo built")
			requireNothingLeft(t, filepath.Dir(path))
		})
	}
}

func TestEnsure_withoutGoSaysWhyTheDownloadFailed(t *testing.T) {
	_, bin := emptyMachine(t)
	t.Setenv("PATH", bin)
	vendor(t, http.NotFound)
	_, err := temporalserver.Ensure(t.Context(), func(string) {})
	require.ErrorIs(t, err, temporalserver.ErrNoTemporal)
	require.ErrorContains(t, err, "404 Not Found")
}

func TestEnsure_downloadEndsWithItsContext(t *testing.T) {
	_, bin := emptyMachine(t)
	program(t, bin, "go", fakeGo)
	ctx, cancel := context.WithCancel(t.Context())
	vendor(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := temporalserver.Ensure(ctx, func(string) {})
	require.ErrorIs(t, err, context.Canceled)
	require.NoFileExists(t, filepath.Join(bin, "notes"), "nothing is built either")
}

func TestFetch_givesUpAfter5SecondsOfSilence(t *testing.T) {
	t.Parallel()
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // it never accepts: neither TLS nor HTTP gets an answer
	require.NoError(t, err)
	defer deaf.Close()
	archive, sum := packed(t, "temporal", ours)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(archive)))
		if r.URL.Path == "/stalls" {
			_, _ = w.Write(archive[:10])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		for i := range archive { // slow, and never silent for long
			if i%(len(archive)/6+1) == 0 {
				_ = http.NewResponseController(w).Flush()
				<-time.After(time.Second)
			}
			_, _ = w.Write(archive[i : i+1])
		}
	}))
	defer server.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second) // a hang fails the test, and does not hold it up
	defer cancel()
	var group sync.WaitGroup
	for _, url := range []string{"http://" + deaf.Addr().String(), "https://" + deaf.Addr().String(), server.URL + "/stalls"} {
		group.Go(func() {
			began := time.Now()
			err := temporalserver.Fetch(ctx, url, sum, io.Discard, func(string) {})
			took, gaveUp := time.Since(began), err != nil && strings.Contains(err.Error(), "no answer for 5s")
			if !gaveUp || took < 4*time.Second || took > 7*time.Second {
				t.Errorf("%s: %v after %s", url, err, took)
			}
		})
	}
	group.Go(func() {
		var got bytes.Buffer
		if err := temporalserver.Fetch(ctx, server.URL+"/slow", sum, &got, func(string) {}); err != nil || got.String() != ours {
			t.Errorf("slow: %v, %q", err, got.String())
		}
	})
	group.Wait()
}

// The archive's program is a shell script here, which runs the real CLI.
func TestStart_runsTheDownloadedServer(t *testing.T) {
	cli, err := temporalserver.Ensure(t.Context(), func(line string) { t.Log(line) })
	require.NoError(t, err)
	emptyMachine(t)
	script := "#!/bin/sh\nif [ \"$1\" = --version ]; then\n%sexit; fi\nexec '%s' \"$@\"\n"
	archive, sum := packed(t, "temporal", fmt.Sprintf(script, strings.TrimPrefix(ours, "#!/bin/sh\n"), cli))
	temporalserver.ExpectSum(t, sum)
	vendor(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(archive) })
	s := start(t, temporalserver.Options{
		DBFile: filepath.Join(t.TempDir(), "temporal.db"), SearchAttributes: map[string]string{"RelinkState": "Keyword"},
		DynamicConfig: map[string]string{"limit.historyCount.suggestContinueAsNew": "25"},
	})
	require.NotEmpty(t, s.UIURL())
	_, err = dial(t, s).CheckHealth(t.Context(), &client.CheckHealthRequest{})
	require.NoError(t, err)
}
