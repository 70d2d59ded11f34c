package main

import (
	"fmt"
	"strings"

	"go.etcd.io/etcd/raft"
)

const (
	levelError = 1 + iota
	levelWarning
	levelInfo
	levelDebug
)

// coreLog keeps the core's log lines until the caller takes them. The last ones are dropped when nobody does.
type coreLog struct {
	level int
	lines []string
}

func init() {
	// The storage panics through the package's logger: that text must reach take_error too.
	raft.SetLogger(&coreLog{})
}

func (l *coreLog) add(level int, letter, text string) {
	if level <= l.level && len(l.lines) < logLinesMax {
		l.lines = append(l.lines, letter+strings.ReplaceAll(text, "\n", " ")+"\n")
	}
}

func (l *coreLog) addf(level int, letter, format string, v []interface{}) {
	if level <= l.level {
		l.add(level, letter, fmt.Sprintf(format, v...))
	}
}

func (l *coreLog) take(out []byte) int {
	n, taken := 0, 0
	for _, line := range l.lines {
		if n+len(line) > len(out) {
			if n > 0 {
				break
			}
			line = line[:len(out)-1] + "\n"
		}
		n += copy(out[n:], line)
		taken++
	}
	l.lines = l.lines[taken:]
	if len(l.lines) == 0 {
		l.lines = nil
	}
	return n
}

func (l *coreLog) Debug(v ...interface{})            { l.add(levelDebug, "D", fmt.Sprint(v...)) }
func (l *coreLog) Debugf(f string, v ...interface{}) { l.addf(levelDebug, "D", f, v) }
func (l *coreLog) Info(v ...interface{})             { l.add(levelInfo, "I", fmt.Sprint(v...)) }
func (l *coreLog) Infof(f string, v ...interface{})  { l.addf(levelInfo, "I", f, v) }
func (l *coreLog) Warning(v ...interface{})          { l.add(levelWarning, "W", fmt.Sprint(v...)) }
func (l *coreLog) Warningf(f string, v ...interface{}) {
	l.addf(levelWarning, "W", f, v)
}
func (l *coreLog) Error(v ...interface{})            { l.add(levelError, "E", fmt.Sprint(v...)) }
func (l *coreLog) Errorf(f string, v ...interface{}) { l.addf(levelError, "E", f, v) }
func (l *coreLog) Fatal(v ...interface{})            { panic(fmt.Sprint(v...)) }
func (l *coreLog) Fatalf(f string, v ...interface{}) { panic(fmt.Sprintf(f, v...)) }
func (l *coreLog) Panic(v ...interface{})            { panic(fmt.Sprint(v...)) }
func (l *coreLog) Panicf(f string, v ...interface{}) { panic(fmt.Sprintf(f, v...)) }
