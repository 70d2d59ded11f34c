// Bridge to go.etcd.io/etcd/raft, built as a C archive and linked into the native binary (RaftCoreInterop.cs is the
// other side). It translates and decides nothing: bytes in, bytes out, little-endian, no pointer kept beyond a call.
//
// Results: 0 or more is success, 1 from step and propose means refused, -1 means that the core panicked or returned an
// error; take_error gives the text. A core that failed stays failed. One thread per core at a time.
package main

// #include <stdint.h>
import "C"

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"sync"
	"unsafe"

	"go.etcd.io/etcd/raft"
	pb "go.etcd.io/etcd/raft/raftpb"
)

const (
	slotsMax         = 64
	entryHeaderBytes = 24
	logLinesMax      = 1024

	done    = 0
	refused = 1
	failed  = -1
)

// core is one raft core with its storage: the recent tail of the log, whose durable copy the caller holds.
type core struct {
	config  raft.Config
	storage *tail
	node    *raft.RawNode
	ready   raft.Ready
	taken   bool // ready is out and not advanced yet
	ticks   uint64
	heard   map[uint64]uint64 // the tick of each node's last answer; the core's own mark is cleared now and then
	log     coreLog
	failure string
}

var (
	slots [slotsMax]*core
	gate  sync.Mutex // guards the table, not the cores
	nofit string     // why the last open failed
)

// The core's only randomness is this package variable: the spread of the election time-outs. Simulation seeds it.
//
//go:linkname globalRand go.etcd.io/etcd/raft.globalRand
var globalRand unsafe.Pointer

type lockedRand struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func view(p unsafe.Pointer, n C.int64_t) []byte { return unsafe.Slice((*byte)(p), int(n)) }

func find(slot C.int32_t) *core {
	gate.Lock()
	defer gate.Unlock()
	if slot < 0 || slot >= slotsMax {
		return nil
	}
	return slots[slot]
}

// guarded runs a call into a core and turns panics and errors into its failure text.
func guarded(slot C.int32_t, call func(c *core) (C.int64_t, error)) (result C.int64_t) {
	c := find(slot)
	if c == nil || c.failure != "" {
		return failed
	}
	defer func() {
		if r := recover(); r != nil {
			c.failure = fmt.Sprint(r)
			result = failed
		}
	}()
	result, err := call(c)
	if err != nil {
		c.failure = err.Error()
		return failed
	}
	return result
}

//export etcdraft_seed
func etcdraft_seed(seed C.int64_t) {
	r := (*lockedRand)(globalRand)
	r.mu.Lock()
	r.rand = rand.New(rand.NewSource(int64(seed)))
	r.mu.Unlock()
}

// etcdraft_open makes a core; nothing runs before etcdraft_start. Settings, each a uint64: id, election ticks,
// heartbeat ticks, most bytes per message, most messages in flight per follower, most uncommitted bytes, most bytes of
// committed entries per ready, log level, hard state's term, vote and commit, index of the newest snapshot on disk,
// index and term that the core starts at, and the configuration there (readConfState). A start after that snapshot
// leaves a gap between the two. Index 0 is a core without log or configuration, which waits to be added somewhere.
// Gives the slot.
//
//export etcdraft_open
func etcdraft_open(settings unsafe.Pointer, bytes C.int64_t) C.int32_t {
	next := numbers(view(settings, bytes))
	c := &core{storage: newTail(), heard: map[uint64]uint64{}}
	c.config = raft.Config{
		ID:                        next(),
		ElectionTick:              int(next()),
		HeartbeatTick:             int(next()),
		MaxSizePerMsg:             next(),
		MaxInflightMsgs:           int(next()),
		MaxUncommittedEntriesSize: next(),
		MaxCommittedSizePerReady:  next(),
		Storage:                   c.storage,
		CheckQuorum:               true,
		PreVote:                   true,
		ReadOnlyOption:            raft.ReadOnlySafe,
		DisableProposalForwarding: true,
	}
	c.log.level = int(next())
	c.config.Logger = &c.log
	state := pb.HardState{Term: next(), Vote: next(), Commit: next()}
	onDisk := next()
	snapshot := pb.Snapshot{}
	snapshot.Metadata.Index = next()
	snapshot.Metadata.Term = next()
	snapshot.Metadata.ConfState = readConfState(next)
	c.config.Applied = snapshot.Metadata.Index
	c.storage.absent = onDisk < snapshot.Metadata.Index
	if snapshot.Metadata.Index > 0 {
		if err := c.storage.ApplySnapshot(snapshot); err != nil {
			nofit = err.Error()
			return failed
		}
	}
	if err := c.storage.SetHardState(state); err != nil {
		nofit = err.Error()
		return failed
	}
	gate.Lock()
	defer gate.Unlock()
	for i := range slots {
		if slots[i] == nil {
			slots[i] = c
			return C.int32_t(i)
		}
	}
	nofit = "all slots are taken"
	return failed
}

// etcdraft_load appends remembered entries: each index, term, kind (uint32), length (uint32), data.
//
//export etcdraft_load
func etcdraft_load(slot C.int32_t, entries unsafe.Pointer, bytes C.int64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		in := view(entries, bytes)
		var loaded []pb.Entry
		for len(in) > 0 {
			n := binary.LittleEndian.Uint32(in[20:])
			loaded = append(loaded, pb.Entry{
				Index: binary.LittleEndian.Uint64(in),
				Term:  binary.LittleEndian.Uint64(in[8:]),
				Type:  pb.EntryType(binary.LittleEndian.Uint32(in[16:])),
				Data:  append([]byte(nil), in[entryHeaderBytes:entryHeaderBytes+n]...),
			})
			in = in[entryHeaderBytes+n:]
		}
		return done, c.storage.Append(loaded)
	})
}

//export etcdraft_start
func etcdraft_start(slot C.int32_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		node, err := raft.NewRawNode(&c.config)
		c.node = node
		return done, err
	})
}

//export etcdraft_close
func etcdraft_close(slot C.int32_t) {
	gate.Lock()
	defer gate.Unlock()
	if slot >= 0 && slot < slotsMax {
		slots[slot] = nil
	}
}

//export etcdraft_tick
func etcdraft_tick(slot C.int32_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		c.ticks++
		c.node.Tick()
		return done, nil
	})
}

//export etcdraft_campaign
func etcdraft_campaign(slot C.int32_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		return done, c.node.Campaign()
	})
}

//export etcdraft_step
func etcdraft_step(slot C.int32_t, message unsafe.Pointer, bytes C.int64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		var m pb.Message
		if m.Unmarshal(view(message, bytes)) != nil || c.node.Step(m) != nil {
			return refused, nil
		}
		if raft.IsResponseMsg(m.Type) { // of a member: the core refuses those of strangers
			c.heard[m.From] = c.ticks
		}
		return done, nil
	})
}

//export etcdraft_propose
func etcdraft_propose(slot C.int32_t, data unsafe.Pointer, bytes C.int64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		err := c.node.Propose(append([]byte(nil), view(data, bytes)...))
		if err == raft.ErrProposalDropped {
			return refused, nil
		}
		return done, err
	})
}

//export etcdraft_read_index
func etcdraft_read_index(slot C.int32_t, high, low C.uint64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		context := make([]byte, 16)
		binary.LittleEndian.PutUint64(context, uint64(high))
		binary.LittleEndian.PutUint64(context[8:], uint64(low))
		c.node.ReadIndex(context)
		return done, nil
	})
}

//export etcdraft_report_unreachable
func etcdraft_report_unreachable(slot C.int32_t, node C.uint64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		c.node.ReportUnreachable(uint64(node))
		return done, nil
	})
}

//export etcdraft_report_snapshot
func etcdraft_report_snapshot(slot C.int32_t, node C.uint64_t, delivered C.int32_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		status := raft.SnapshotFailure
		if delivered != 0 {
			status = raft.SnapshotFinish
		}
		c.node.ReportSnapshot(uint64(node), status)
		return done, nil
	})
}

//export etcdraft_transfer_leader
func etcdraft_transfer_leader(slot C.int32_t, to C.uint64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		c.node.TransferLeader(uint64(to))
		return done, nil
	})
}

// etcdraft_ready gives 0 when there is nothing to do, else the bytes that the ready takes. When they do not fit in the
// buffer nothing was written: call again with a larger one. Between the two calls and until advance, no other call.
//
//export etcdraft_ready
func etcdraft_ready(slot C.int32_t, buffer unsafe.Pointer, capacity C.int64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		if !c.taken {
			if !c.node.HasReady() {
				return 0, nil
			}
			c.ready = c.node.Ready()
			c.taken = true
		}
		size := readySize(&c.ready)
		if size <= int(capacity) {
			if err := c.writeReady(view(buffer, capacity)); err != nil {
				return failed, err
			}
		}
		return C.int64_t(size), nil
	})
}

//export etcdraft_advance
func etcdraft_advance(slot C.int32_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		rd := c.ready
		c.ready, c.taken = raft.Ready{}, false
		c.storage.wanted = false
		if !raft.IsEmptySnap(rd.Snapshot) {
			if err := c.storage.ApplySnapshot(rd.Snapshot); err != nil {
				return failed, err
			}
			c.storage.absent = false
			c.storage.knows(rd.Snapshot.Metadata.ConfState)
			c.storage.forget(c.node)
		}
		if err := c.storage.Append(rd.Entries); err != nil {
			return failed, err
		}
		c.node.Advance(rd)
		return done, nil
	})
}

// etcdraft_take_error writes why a core failed (or, for a negative slot, why none could be opened); gives the bytes.
//
//export etcdraft_take_error
func etcdraft_take_error(slot C.int32_t, buffer unsafe.Pointer, capacity C.int64_t) C.int64_t {
	if c := find(slot); c != nil {
		return C.int64_t(copy(view(buffer, capacity), c.failure))
	}
	return C.int64_t(copy(view(buffer, capacity), nofit))
}

// etcdraft_take_log writes waiting log lines, each a level letter, the text and a line feed, as many whole ones as fit.
//
//export etcdraft_take_log
func etcdraft_take_log(slot C.int32_t, buffer unsafe.Pointer, capacity C.int64_t) C.int64_t {
	c := find(slot)
	if c == nil {
		return 0
	}
	return C.int64_t(c.log.take(view(buffer, capacity)))
}

func main() {}
