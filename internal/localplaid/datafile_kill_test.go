package localplaid_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/localplaid"
)

// victimVar has this test binary serve a local Plaid on the data file it names.
const victimVar = "RELINK_SANDBOX_VICTIM"

// serveUntilKilled prints its URL. It also ends when the end of its input says that the test has ended.
func serveUntilKilled(file string) error {
	server, err := localplaid.New(localplaid.Options{ClientID: "client", Secret: "secret", DataFile: file})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	web := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = web.Close()
	}()
	return web.Serve(l)
}

func TestDataFile_holdsWhatWasAnsweredAfterKillMinus9(t *testing.T) {
	t.Parallel()
	file := dataFile(t)
	victim := exec.CommandContext(t.Context(), os.Args[0])
	victim.Env = append(victim.Environ(), victimVar+"="+file)
	victim.Stderr = os.Stderr
	in, err := victim.StdinPipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = in.Close() })
	out, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "the victim ended early")
	url := lines.Text()

	// Each caller links Items and breaks them until the server is gone, and notes what it was answered.
	var mu sync.Mutex
	var linked, broken []string // access tokens
	note := func(list *[]string, accessToken string) {
		mu.Lock()
		defer mu.Unlock()
		*list = append(*list, accessToken)
	}
	client := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for {
				accessToken, itemID, err := linkItem(client, url)
				if err != nil {
					return
				}
				note(&linked, accessToken)
				if err := ask(client, url+"/control/break", map[string]any{"item_id": itemID, "error_code": "ITEM_LOGIN_REQUIRED"}, nil); err != nil {
					return
				}
				note(&broken, accessToken)
			}
		})
	}
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(broken) >= 12
	}, time.Minute, time.Millisecond)
	require.NoError(t, victim.Process.Kill())
	callers.Wait()
	require.ErrorContains(t, victim.Wait(), "killed")

	b := newRig(t, file)
	for _, accessToken := range linked {
		b.item(accessToken)
	}
	for _, accessToken := range broken {
		require.Equal(t, "ITEM_LOGIN_REQUIRED", b.itemError(accessToken))
	}
}

func linkItem(client *http.Client, url string) (accessToken, itemID string, err error) {
	var created struct {
		PublicToken string `json:"public_token"`
	}
	err = ask(client, url+"/sandbox/public_token/create", map[string]any{
		"client_id": "client", "secret": "secret", "institution_id": platypus, "initial_products": []string{"transactions"},
	}, &created)
	if err != nil {
		return "", "", err
	}
	var got struct {
		AccessToken string `json:"access_token"`
		ItemID      string `json:"item_id"`
	}
	err = ask(client, url+"/item/public_token/exchange", map[string]any{
		"client_id": "client", "secret": "secret", "public_token": created.PublicToken,
	}, &got)
	return got.AccessToken, got.ItemID, err
}

// ask posts JSON; unlike a rig, it may find nobody there.
func ask(client *http.Client, url string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	resp, err := client.Post(url, "application/json", bytes.NewReader(raw))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %d", url, resp.StatusCode)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(into)
}
