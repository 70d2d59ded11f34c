package main

// Go's monitor thread sleeps for 20 microseconds at a time after every call into Go: two thousand wake-ups a second,
// two to four percent of a core, for goroutines that this library does not have. It cannot be told to do less, but a
// thread inherits its timer slack, by which the kernel may let it sleep longer: so Go's threads start with ten
// milliseconds of it (prctl(2), PR_SET_TIMERSLACK). A constructor with a priority runs before Go's, one without after.

// #include <sys/prctl.h>
//
// enum { goSlackNs = 10 * 1000 * 1000, ownSlack = 0 };
//
// __attribute__((constructor(101))) static void before_go(void) { prctl(PR_SET_TIMERSLACK, goSlackNs, 0, 0, 0); }
//
// __attribute__((constructor)) static void after_go(void) { prctl(PR_SET_TIMERSLACK, ownSlack, 0, 0, 0); }
//
// static int linked(void) { return 0; }
import "C"

func init() {
	C.linked() // An object that nothing refers to would not be linked, and its constructors not run.
}
