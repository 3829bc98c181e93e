// Package textfile reads the files that administrators hand to the commands: settings, passwords and
// JSON, as editors and shells write them, with or without a byte order mark.
package textfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf16"
)

// Read returns the text of a file in UTF-8, without a byte order mark. A file of more than most bytes is an
// error.
func Read(name string, most int64) ([]byte, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, err
	}
	text, err := read(name, file, most)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	return text, nil
}

// ReadInput is [Read], but reads stdin if the name is "-". It returns the name for people, too.
func ReadInput(name string, stdin io.Reader, most int64) (text []byte, title string, err error) {
	if name != "-" {
		text, err = Read(name, most)
		return text, name, err
	}
	title = "standard input"
	text, err = read(title, stdin, most)
	return text, title, err
}

func read(name string, r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s is larger than %s", name, size(most))
	}
	text, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

func size(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

// Decode returns text in UTF-8 without its byte order mark. UTF-16, which Windows PowerShell writes when it
// redirects output, is recognized by that mark or by the zero byte in its first character.
func Decode(data []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		return data[3:], nil
	case bytes.HasPrefix(data, []byte("\xFF\xFE\x00\x00")), bytes.HasPrefix(data, []byte("\x00\x00\xFE\xFF")):
		return nil, errors.New("the text is in UTF-32: save it as UTF-8")
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		return fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return fromUTF16(data[2:], binary.BigEndian)
	case len(data) >= 2 && data[0] != 0 && data[1] == 0:
		return fromUTF16(data, binary.LittleEndian)
	case len(data) >= 2 && data[0] == 0 && data[1] != 0:
		return fromUTF16(data, binary.BigEndian)
	}
	return data, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, errors.New("the text is in UTF-16 and ends within a character")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units))), nil
}
