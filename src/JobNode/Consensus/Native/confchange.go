package main

// #include <stdint.h>
import "C"

import (
	"encoding/binary"
	"unsafe"

	"go.etcd.io/etcd/raft"
	pb "go.etcd.io/etcd/raft/raftpb"
	"go.etcd.io/etcd/raft/tracker"
)

const progressBytes = 24

// tail is the recent log, and the newest snapshot on the caller's disk. A node that was added after that snapshot would
// ignore it, since it is not in its configuration; and one that is older than the tail leaves a gap behind it: then
// there is none until the next one, and wanted says so.
type tail struct {
	*raft.MemoryStorage
	added  map[uint64]struct{} // nodes that are not in the snapshot's configuration
	absent bool                // the tail starts after the newest snapshot: what the storage holds was never on disk
	wanted bool
}

func newTail() *tail {
	return &tail{MemoryStorage: raft.NewMemoryStorage(), added: map[uint64]struct{}{}}
}

// Snapshot is called by the core, also from inside ApplyConfChange: it may not call the core.
func (t *tail) Snapshot() (pb.Snapshot, error) {
	snapshot, err := t.MemoryStorage.Snapshot()
	if err == nil && (t.absent || len(t.added) > 0 || snapshot.Metadata.Index < t.dropped()) {
		t.wanted = true
		return pb.Snapshot{}, raft.ErrSnapshotTemporarilyUnavailable
	}
	return snapshot, err
}

// dropped is the last entry that is not in memory any more; its term still is.
func (t *tail) dropped() uint64 {
	first, _ := t.FirstIndex()
	return first - 1
}

// knows notes that the snapshot holds this configuration now.
func (t *tail) knows(state pb.ConfState) {
	for _, ids := range [2][]uint64{state.Voters, state.Learners} {
		for _, id := range ids {
			delete(t.added, id)
		}
	}
}

// forget drops the nodes that are in no configuration any more: a snapshot of the leader's may step over their removal,
// and nobody waits for a snapshot that holds them.
func (t *tail) forget(node *raft.RawNode) {
	there := map[uint64]struct{}{}
	node.WithProgress(func(id uint64, _ raft.ProgressType, _ tracker.Progress) {
		there[id] = struct{}{}
	})
	for id := range t.added {
		if _, isThere := there[id]; !isThere {
			delete(t.added, id)
		}
	}
}

// change notes a change that is about to be applied.
func (t *tail) change(kind pb.ConfChangeType, node uint64, known bool) {
	switch {
	case node == 0 || kind == pb.ConfChangeUpdateNode:
	case kind == pb.ConfChangeRemoveNode:
		delete(t.added, node)
	case !known:
		t.added[node] = struct{}{}
	}
}

// numbers reads uint64s, one after the other.
func numbers(in []byte) func() uint64 {
	return func() uint64 {
		v := binary.LittleEndian.Uint64(in)
		in = in[8:]
		return v
	}
}

// readConfState reads the number of voters, the voters, the number of learners, and the learners.
func readConfState(next func() uint64) (state pb.ConfState) {
	for n := next(); n > 0; n-- {
		state.Voters = append(state.Voters, next())
	}
	for n := next(); n > 0; n-- {
		state.Learners = append(state.Learners, next())
	}
	return state
}

// etcdraft_propose_conf_change appends a change to a leader's log, with a context that only the caller reads. While
// another one is not applied yet, the core appends an empty entry in its place.
//
//export etcdraft_propose_conf_change
func etcdraft_propose_conf_change(
	slot C.int32_t, kind C.int32_t, node C.uint64_t, context unsafe.Pointer, bytes C.int64_t,
) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		err := c.node.ProposeConfChange(pb.ConfChange{
			Type:    pb.ConfChangeType(kind),
			NodeID:  uint64(node),
			Context: append([]byte(nil), view(context, bytes)...),
		})
		if err == raft.ErrProposalDropped {
			return refused, nil
		}
		return done, err
	})
}

// etcdraft_apply_conf_change is called for each committed change, between ready and advance; node 0 cancels it.
//
//export etcdraft_apply_conf_change
func etcdraft_apply_conf_change(slot C.int32_t, kind C.int32_t, node C.uint64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		known := false
		c.node.WithProgress(func(id uint64, _ raft.ProgressType, _ tracker.Progress) {
			known = known || id == uint64(node)
		})
		c.storage.change(pb.ConfChangeType(kind), uint64(node), known)
		if pb.ConfChangeType(kind) == pb.ConfChangeRemoveNode {
			delete(c.heard, uint64(node))
		}
		c.node.ApplyConfChange(pb.ConfChange{Type: pb.ConfChangeType(kind), NodeID: uint64(node)})
		return done, nil
	})
}

// etcdraft_progress writes, on a leader, what it knows of each node of its configuration: id, match index, and 1 when
// the node was heard of within the last election time-out, each a uint64. Gives the bytes; nothing was written when
// they do not fit.
//
//export etcdraft_progress
func etcdraft_progress(slot C.int32_t, buffer unsafe.Pointer, capacity C.int64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		status := c.node.BasicStatus()
		if status.RaftState != raft.StateLeader {
			return 0, nil
		}
		var out []byte
		c.node.WithProgress(func(id uint64, _ raft.ProgressType, p tracker.Progress) {
			active := uint64(0)
			at, isHeard := c.heard[id]
			if id == status.ID || (isHeard && c.ticks-at < uint64(c.config.ElectionTick)) {
				active = 1
			}
			entry := make([]byte, progressBytes)
			binary.LittleEndian.PutUint64(entry, id)
			binary.LittleEndian.PutUint64(entry[8:], p.Match)
			binary.LittleEndian.PutUint64(entry[16:], active)
			out = append(out, entry...)
		})
		if len(out) <= int(capacity) {
			copy(view(buffer, capacity), out)
		}
		return C.int64_t(len(out)), nil
	})
}

// etcdraft_compact notes that a snapshot is on disk, and drops entries from memory. Arguments, each a uint64: its index
// (0 for no news of a snapshot), the last entry to drop, and the configuration at its index (readConfState).
//
//export etcdraft_compact
func etcdraft_compact(slot C.int32_t, arguments unsafe.Pointer, bytes C.int64_t) C.int64_t {
	return guarded(slot, func(c *core) (C.int64_t, error) {
		next := numbers(view(arguments, bytes))
		index, keepAfter := next(), next()
		state := readConfState(next)
		if index >= c.storage.dropped() { // else it leaves a gap: of no use to anybody
			_, err := c.storage.CreateSnapshot(index, &state, nil)
			if err != nil && err != raft.ErrSnapOutOfDate {
				return failed, err
			}
			if err == nil {
				c.storage.knows(state)
			}
			held, _ := c.storage.MemoryStorage.Snapshot()
			c.storage.absent = c.storage.absent && index < held.Metadata.Index
		}
		if err := c.storage.Compact(keepAfter); err != nil && err != raft.ErrCompacted {
			return failed, err
		}
		return done, nil
	})
}
