package wire_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// update writes the golden files anew. A name in them may be added. It may not be changed or go away, because rows and
// histories with it exist.
var update = flag.Bool("update", false, "write the golden files anew")

// filler gives every field another value, so that swapped names are noticed.
type filler struct{ n int }

func (f *filler) fill(v reflect.Value) {
	f.n++
	if v.Type() == typeOf[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC).Add(time.Duration(f.n) * time.Minute)))
		return
	}
	if v.Type() == typeOf[json.RawMessage]() {
		v.SetBytes([]byte(strconv.Itoa(f.n)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("text " + strconv.Itoa(f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		f.fill(key)
		f.fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				f.fill(v.Field(i))
			}
		}
	default:
		panic("no value for " + v.Type().String())
	}
}

// filled returns a pointer to a value of a type with every field set.
func filled(typ reflect.Type) any {
	v := reflect.New(typ)
	(&filler{}).fill(v.Elem())
	return v.Interface()
}

// decodeWhole decodes strictly: a name that nothing reads is an error.
func decodeWhole(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// The golden files are what an earlier release has stored. Both ways are checked: it is read whole, and written alike.
func TestWire_keepsItsNames(t *testing.T) {
	t.Parallel()
	for name, typ := range wire() {
		file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".json")
		want := filled(typ)
		encoded, err := json.MarshalIndent(want, "", "  ")
		require.NoError(t, err)
		if *update {
			require.NoError(t, os.WriteFile(file, append(encoded, '\n'), 0o600))
		}
		golden, err := os.ReadFile(file)
		require.NoError(t, err)
		require.JSONEq(t, string(golden), string(encoded), name)
		read := reflect.New(typ).Interface()
		require.NoError(t, decodeWhole(golden, read), name)
		require.Equal(t, want, read, name)
	}
}

func TestWire_hasNoGoldenFileLeftOver(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.json")
	require.NoError(t, err)
	known := map[string]bool{}
	for name := range wire() {
		known[strings.ReplaceAll(name, " ", "-")+".json"] = true
	}
	for _, f := range files {
		require.True(t, known[filepath.Base(f)], "%s: what was it of? Old rows and histories still hold it", f)
	}
}
