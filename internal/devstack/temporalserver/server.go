package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"

	"relink/internal/devstack/freeport"
	"relink/internal/devstack/lockfile"
	"relink/internal/devstack/proc"
)

// Headless as [Options.UIPort] starts no UI.
const Headless = -1

const (
	host      = "127.0.0.1"
	namespace = "default" // the dev server always makes it
	// Between our looking for free ports and the server taking them somebody else may take one. The server itself needs four more.
	portAttempts = 5
	// A killed predecessor has its file open for a moment longer.
	predecessorWait = 10 * time.Second
	stopGrace       = 10 * time.Second // it takes about 1.5 s
)

// Options say what the server keeps and knows. The zero value keeps all in memory and takes free ports.
type Options struct {
	// DBFile keeps the workflows over a restart; empty: in memory. A file on which no server of ours was ever ready is set aside.
	DBFile           string
	Port             int               // gRPC, on 127.0.0.1; 0: a free one
	UIPort           int               // on 127.0.0.1; 0: a free one; [Headless]: no UI
	SearchAttributes map[string]string // name to type: Keyword, Int, Datetime, ...
	DynamicConfig    map[string]string // key to value in JSON, as in "limit.historyCount.suggestContinueAsNew": "25"
	Log              io.Writer         // the server's own log, errors only; nil: nowhere. Safe for concurrent use if it is shared
	Progress         func(line string) // told what takes long, one line each; nil: nobody
}

// Server is a running Temporal. It takes every call from this machine, and ends when our process does, whatever ends us.
type Server struct {
	Namespace string
	Port      int
	UIPort    int // [Headless] without UI

	inMemory bool
	process  *proc.Process
	lock     *lockfile.Lock
}

// Start finds the Temporal CLI (or builds it, see [Ensure]), starts its server and returns when that is healthy and knows the search
// attributes. ctx bounds the start only; end the server with [Server.Stop]. [ErrNoTemporal] means that a person must install something.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	s := &Server{Namespace: namespace, inMemory: o.DBFile == ""}
	defer func() {
		if err != nil {
			s.release()
			err = fmt.Errorf("start Temporal: %w", err)
		}
	}()
	attributes, err := parseAttributes(o.SearchAttributes)
	if err != nil {
		return nil, err
	}
	binary, err := Ensure(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	if o.DBFile != "" {
		if o.DBFile, err = filepath.Abs(o.DBFile); err != nil {
			return nil, fmt.Errorf("find the database file: %w", err)
		}
		if s.lock, err = lockFile(ctx, o.DBFile, o.Progress); err != nil {
			return nil, err
		}
		if err := setAsideHalfMade(o.DBFile, o.Progress); err != nil {
			return nil, err
		}
	}
	if err := s.launch(ctx, binary, attributes, o); err != nil {
		return nil, err
	}
	if o.DBFile != "" {
		err = markReady(o.DBFile)
	}
	return s, err
}

func (s *Server) launch(ctx context.Context, binary string, attributes map[string]enums.IndexedValueType, o Options) error {
	var files []*os.File
	if s.lock != nil {
		files = append(files, s.lock.File())
	}
	var err error
	for range portAttempts {
		if s.Port, s.UIPort, err = ports(o.Port, o.UIPort); err != nil {
			return err
		}
		s.process, err = proc.Start(proc.Options{
			Name: "temporal", Path: binary, Args: s.arguments(o), Env: environment(), Output: o.Log, ExtraFiles: files, Grace: stopGrace,
		})
		if err != nil {
			return err
		}
		if err = s.awaitReady(ctx, attributes); err == nil {
			return nil
		}
		s.process.Kill()
		if !portTaken(s.process.Output()) {
			return err
		}
		if o.Port != 0 || o.UIPort > 0 {
			return fmt.Errorf("a port is taken: %w", err)
		}
	}
	return err
}

func (s *Server) arguments(o Options) []string {
	args := []string{"server", "start-dev", "--ip", host, "--port", strconv.Itoa(s.Port), "--log-level", "error"}
	if s.UIPort == Headless {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", strconv.Itoa(s.UIPort))
	}
	if o.DBFile != "" {
		args = append(args, "--db-filename", o.DBFile)
	}
	// Sorted, so that the same options always give the same command line.
	for _, name := range slices.Sorted(maps.Keys(o.SearchAttributes)) {
		args = append(args, "--search-attribute", name+"="+o.SearchAttributes[name])
	}
	for _, key := range slices.Sorted(maps.Keys(o.DynamicConfig)) {
		args = append(args, "--dynamic-config-value", key+"="+o.DynamicConfig[key])
	}
	return args
}

// Address is where clients and workers dial, host:port.
func (s *Server) Address() string { return net.JoinHostPort(host, strconv.Itoa(s.Port)) }

// UIURL is where people look, empty for a headless server.
func (s *Server) UIURL() string {
	if s.UIPort == Headless {
		return ""
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(s.UIPort))
}

// PID is the server's process id.
func (s *Server) PID() int { return s.process.PID() }

// Done is closed when the server has ended, asked or not; Err then tells which.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err is nil unless the server ended though nobody asked it to; then it has the last lines of its output.
func (s *Server) Err() error { return s.process.Err() }

// Stop ends the server in order and kills it when ctx or its grace is over. One that keeps nothing is killed at once.
func (s *Server) Stop(ctx context.Context) error {
	defer s.release()
	if err := s.Err(); err != nil || s.inMemory {
		s.process.Kill()
		return err
	}
	return s.process.Stop(ctx)
}

// Kill ends the server as a crash would.
func (s *Server) Kill() {
	s.process.Kill()
	s.release()
}

func (s *Server) release() {
	if s.lock != nil {
		s.lock.Release()
	}
}

// ports fills in free ports.
func ports(port, ui int) (freePort, freeUI int, err error) {
	for _, p := range []*int{&port, &ui} {
		if *p == 0 {
			if *p, err = freeport.Take(); err != nil {
				return 0, 0, err
			}
		}
	}
	return port, ui, nil
}

func portTaken(output string) bool {
	return strings.Contains(output, "address already in use")
}

// environment is ours without what would steer the Temporal CLI from outside: addresses and profiles meant for clients.
func environment() []string {
	return proc.Environ(func(name string) bool { return strings.HasPrefix(name, "TEMPORAL_") })
}

func parseAttributes(named map[string]string) (map[string]enums.IndexedValueType, error) {
	types := make(map[string]enums.IndexedValueType, len(named))
	for name, text := range named {
		t, err := enums.IndexedValueTypeFromString(text)
		if err != nil || t == enums.INDEXED_VALUE_TYPE_UNSPECIFIED {
			return nil, fmt.Errorf("search attribute %s has the unknown type %q", name, text)
		}
		types[name] = t
	}
	return types, nil
}

func lockFile(ctx context.Context, db string, progress func(string)) (*lockfile.Lock, error) {
	if err := os.MkdirAll(filepath.Dir(db), 0o750); err != nil {
		return nil, fmt.Errorf("make the database's folder: %w", err)
	}
	lock, err := lockfile.TryAcquire(db + ".lock")
	if !errors.Is(err, lockfile.ErrHeld) {
		return lock, err
	}
	progress("waiting for the Temporal that still uses " + db)
	ctx, cancel := context.WithTimeout(ctx, predecessorWait)
	defer cancel()
	if lock, err = lockfile.Acquire(ctx, db+".lock"); err != nil {
		return nil, fmt.Errorf("another Temporal uses this file: %w", err)
	}
	return lock, nil
}
