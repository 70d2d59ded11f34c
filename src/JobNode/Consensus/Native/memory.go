package main

import "runtime/debug"

// What the core keeps is the recent log, bounded by the caller and without pointers in it: marking it costs next to
// nothing, and with Go's usual setting as much memory again would wait to be collected.
const collectAfterPercent = 25

func init() {
	debug.SetGCPercent(collectAfterPercent)
}
