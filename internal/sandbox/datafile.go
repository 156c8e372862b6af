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
	"sync/atomic"

	"go.uber.org/zap"
)

// dataFile keeps a server's state on disk. It is written whole, so callers that come while it is being written share the
// next writing.
type dataFile struct {
	path    string
	content func() ([]byte, error)
	calls   atomic.Int64 // of save

	mu      sync.Mutex
	written int64 // the last call whose change was on disk, or would be but for err
	err     error // of the last writing
}

// save returns once everything that was changed before the call is on disk.
func (f *dataFile) save() error {
	call := f.calls.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if call <= f.written {
		return f.err
	}
	f.written = f.calls.Load()
	content, err := f.content()
	if err == nil {
		err = f.write(content)
	}
	if f.err = err; err != nil {
		f.err = fmt.Errorf("write data file %s: %w", f.path, err)
	}
	return f.err
}

// write puts a complete file in place at once: a process that is killed in the middle leaves the one from before.
func (f *dataFile) write(content []byte) error {
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

// readState returns nil where there is no file yet.
func readState(path string) (*state, error) {
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
	switch head.Version {
	case dataVersion:
	case 0:
		return nil, errors.New("damaged: it has no version")
	default:
		return nil, fmt.Errorf("it has version %d and this relink reads version %d only: move it away to start empty", head.Version, dataVersion)
	}
	v := &state{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields() // the next writing would drop what we do not know
	if err := decoder.Decode(v); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	return v, nil
}

// openData takes over what the file holds and writes it once. So the webhook key is kept before anybody sees it, and a
// file that cannot be written is known at the start.
func (s *Server) openData(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of data file: %w", err)
	}
	v, err := readState(path)
	if err == nil && v != nil {
		err = s.restore(v)
	}
	if err != nil {
		return fmt.Errorf("read data file %s: %w", path, err)
	}
	s.data = &dataFile{path: path, content: s.state}
	s.deliveries.attempted = func() {
		if err := s.kept(nil); err != nil {
			s.logger.Error("webhook attempt not kept", zap.Error(err))
		}
	}
	return s.kept(nil)
}

// kept returns err once the data file holds what was changed so far. If it cannot, kept returns why.
func (s *Server) kept(err error) error {
	if s.data == nil {
		return err
	}
	if lost := s.data.save(); lost != nil {
		return lost
	}
	return err
}
