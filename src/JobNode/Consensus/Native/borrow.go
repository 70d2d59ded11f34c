package main

// typedef void (*etcdraft_action)(void);
// static inline void etcdraft_call(etcdraft_action action) { action(); }
import "C"

// etcdraft_run calls the action on the calling thread and returns after it. A call from a thread that
// Go does not know borrows one of its machines and gives it back, which takes nine system calls (before Go 1.21).
// Inside the action the thread is known, and a call costs a tenth.
//
//export etcdraft_run
func etcdraft_run(action C.etcdraft_action) { C.etcdraft_call(action) }
