package policy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// ParseDuration reads a duration of Go's, or one with days, from 0 to ten years: "15m", "48h", "2d", "1d12h".
func ParseDuration(s string) (time.Duration, error) {
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		days, rest = "0", s
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return 0, fmt.Errorf("days: %w", err)
	}
	var d time.Duration
	if rest != "" {
		if d, err = time.ParseDuration(rest); err != nil {
			return 0, err
		}
	}
	if n < 0 || d < 0 || n > 3650 {
		return 0, errors.New("out of range")
	}
	return time.Duration(n)*day + d, nil
}

// spell returns a duration as people say it: "48h", "3d".
func spell(d time.Duration) string {
	switch {
	case d >= 3*day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return d.String()
}
