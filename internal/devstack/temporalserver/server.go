package temporalserver

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	namespace = "default"        // the dev server always makes it
	stopGrace = 10 * time.Second // it takes about 1.5 s
)

// Options say what the server keeps and knows. The zero value keeps all data in memory and takes free ports.
type Options struct {
	// DBFile keeps the workflows over a restart; empty: in memory. Start sets a file aside on which no server was ever
	// ready.
	DBFile           string
	Port             int               // gRPC, on 127.0.0.1; 0: a free one
	UIPort           int               // on 127.0.0.1; 0: a free one; [Headless]: no UI
	SearchAttributes map[string]string // name to type: Keyword, Int, Datetime, ...
	DynamicConfig    map[string]string // key to value in JSON, as in "limit.historyCount.suggestContinueAsNew": "25"
	Log              io.Writer         // the server's log, errors only; nil: nowhere. Safe for concurrent use if it is shared
	Progress         func(line string) // gets a line about each step that takes long; may be nil
}

// Server is a running Temporal. It accepts every call from this machine. It ends when our process does, however that
// ends. Its Err returns nil unless it ended without a request.
type Server struct {
	*proc.Process
	Namespace string
	Port      int
	UIPort    int // [Headless] without UI

	inMemory bool
	lock     *lockfile.Lock
}

// Start gets the Temporal CLI (see [Ensure]), starts its server, and returns when the server is healthy and knows the
// search attributes. ctx bounds the start only; [Server.Stop] ends the server. [ErrNoTemporal] means that a person must
// install something.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	s := &Server{Namespace: namespace, inMemory: o.DBFile == ""}
	defer func() {
		if err != nil {
			s.lock.Release()
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
			return nil, err
		}
		if s.lock, err = lockFile(ctx, o.DBFile, o.Progress); err != nil {
			return nil, err
		}
	}
	// The server takes four more ports by itself, which somebody else may have taken too.
	err = freeport.Try(func(ports []int) error {
		s.Port, s.UIPort = ports[0], ports[1]
		return s.launch(ctx, binary, attributes, o)
	}, o.Port, o.UIPort)
	if err == nil && o.DBFile != "" {
		err = os.WriteFile(readyMark(o.DBFile), nil, 0o600)
	}
	return s, err
}

func (s *Server) launch(ctx context.Context, binary string, attributes map[string]enums.IndexedValueType, o Options) (err error) {
	s.Process, err = proc.Start(proc.Options{
		Name: "temporal", Path: binary, Args: s.arguments(o), Env: environment(), Output: o.Log, ExtraFiles: s.lock.Files(), Grace: stopGrace,
	})
	if err != nil {
		return err
	}
	if err = s.AwaitReady(ctx, func() (bool, error) { return s.ready(ctx, attributes) }); err != nil {
		s.Process.Kill()
	}
	return err
}

func (s *Server) arguments(o Options) []string {
	args := []string{"server", "start-dev", "--ip", host, "--port", strconv.Itoa(s.Port), "--log-level", "error", "--headless"}
	if s.UIPort != Headless {
		args = append(args[:len(args)-1], "--ui-port", strconv.Itoa(s.UIPort))
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

// Address returns the host:port for clients and workers.
func (s *Server) Address() string { return net.JoinHostPort(host, strconv.Itoa(s.Port)) }

// UIURL returns the address of the UI, or nothing for a headless server.
func (s *Server) UIURL() string {
	if s.UIPort == Headless {
		return ""
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(s.UIPort))
}

// Stop ends the server in order, and kills it when ctx or its grace is over. It kills one that keeps nothing at once.
func (s *Server) Stop(ctx context.Context) error {
	defer s.lock.Release()
	if s.inMemory {
		defer s.Process.Kill()
		return s.Err()
	}
	return s.Process.Stop(ctx)
}

// Kill ends the server as a crash would.
func (s *Server) Kill() {
	s.Process.Kill()
	s.lock.Release()
}
