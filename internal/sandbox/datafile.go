package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"go.uber.org/zap"
)

// dataFile keeps a server's state on disk. It is written whole, so callers that come while it is being written share the
// next writing.
type dataFile struct {
	path    string
	content func() snapshot

	writing sync.Mutex
	mu      sync.Mutex
	next    *round // has not begun, so it will hold what has been changed by now; nil: nobody asked for one
}

// round is one writing of the file and its outcome.
type round struct {
	done chan struct{}
	err  error
}

// save returns once everything changed before the call is on disk.
func (f *dataFile) save() error {
	f.mu.Lock()
	if r := f.next; r != nil {
		f.mu.Unlock()
		<-r.done
		return r.err
	}
	r := &round{done: make(chan struct{})}
	f.next = r
	f.mu.Unlock()
	defer close(r.done)

	f.writing.Lock()
	defer f.writing.Unlock()
	f.mu.Lock()
	f.next = nil // the state is read now: who changes it from here on needs another round
	f.mu.Unlock()
	if err := f.write(f.content()); err != nil {
		r.err = fmt.Errorf("write data file %s: %w", f.path, err)
	}
	return r.err
}

// write puts a complete file in place at once: a process killed in the middle leaves the one from before.
func (f *dataFile) write(v snapshot) error {
	content, err := json.Marshal(v)
	if err != nil {
		return err
	}
	temporary := f.path + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // one may be left of a killed process
	}
	out, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(append(content, '\n'))
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, f.path)
}

// readSnapshot answers nil where there is no file yet.
func readSnapshot(path string) (*snapshot, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	switch {
	case head.Version > dataVersion:
		return nil, fmt.Errorf("it has version %d, of a newer relink; this one knows %d", head.Version, dataVersion)
	case head.Version < 1:
		return nil, errors.New("damaged: it has no version")
	}
	v := &snapshot{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields() // what we do not know, the next writing would drop
	if err := decoder.Decode(v); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	return v, nil
}

// openData takes over what the file holds and writes it once, so that the webhook key is kept before anybody sees it
// and a file that cannot be written is known at the start.
func (s *Server) openData(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of data file: %w", err)
	}
	v, err := readSnapshot(path)
	if err == nil && v != nil {
		err = s.restore(v)
	}
	if err != nil {
		return fmt.Errorf("read data file %s: %w", path, err)
	}
	s.data = &dataFile{path: path, content: s.snapshot}
	s.deliveries.attempted = func() {
		if err := s.save(); err != nil {
			s.logger.Error("webhook attempt not kept", zap.Error(err))
		}
	}
	return s.save()
}

// save makes what has been changed so far survive a restart.
func (s *Server) save() error {
	if s.data == nil {
		return nil
	}
	return s.data.save()
}

// kept marks an act that changes something: its answer, and also its refusal, leaves once all it did is on disk.
func kept[A, R any](s *Server, act func(A) (R, error)) func(A) (R, error) {
	return func(a A) (R, error) {
		answer, err := act(a)
		if lost := s.save(); lost != nil {
			return answer, lost
		}
		return answer, err
	}
}
