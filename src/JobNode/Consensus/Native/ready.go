package main

import (
	"encoding/binary"

	"go.etcd.io/etcd/raft"
	pb "go.etcd.io/etcd/raft/raftpb"
)

// Layout of a ready as ReadyReader.cs reads it.
const (
	readyHeaderBytes = 72

	flagHardState      = 1
	flagMustSync       = 2
	flagSnapshot       = 4
	flagSnapshotWanted = 8
)

func readySize(rd *raft.Ready) int {
	size := readyHeaderBytes
	for i := range rd.Entries {
		size += entryHeaderBytes + len(rd.Entries[i].Data)
	}
	for i := range rd.CommittedEntries {
		size += entryHeaderBytes + len(rd.CommittedEntries[i].Data)
	}
	for i := range rd.Messages {
		size += entryHeaderBytes + rd.Messages[i].Size()
	}
	for i := range rd.ReadStates {
		size += 12 + len(rd.ReadStates[i].RequestCtx)
	}
	return size
}

// writeReady writes a header (flags, role: uint32; leader, term, vote, commit, snapshot index and term: uint64; numbers
// of entries, committed entries, messages, read states: uint32), and those four lists.
func (c *core) writeReady(out []byte) error {
	rd := &c.ready
	status := c.node.BasicStatus()
	var flags uint32
	if !raft.IsEmptyHardState(rd.HardState) {
		flags |= flagHardState
	}
	if rd.MustSync {
		flags |= flagMustSync
	}
	if !raft.IsEmptySnap(rd.Snapshot) {
		flags |= flagSnapshot
	}
	if c.storage.wanted {
		flags |= flagSnapshotWanted
	}
	u32 := func(v uint32) { binary.LittleEndian.PutUint32(out, v); out = out[4:] }
	u64 := func(v uint64) { binary.LittleEndian.PutUint64(out, v); out = out[8:] }
	u32(flags)
	u32(uint32(status.RaftState))
	u64(status.Lead)
	u64(status.HardState.Term)
	u64(status.HardState.Vote)
	u64(status.HardState.Commit)
	u64(rd.Snapshot.Metadata.Index)
	u64(rd.Snapshot.Metadata.Term)
	u32(uint32(len(rd.Entries)))
	u32(uint32(len(rd.CommittedEntries)))
	u32(uint32(len(rd.Messages)))
	u32(uint32(len(rd.ReadStates)))
	for _, list := range [2][]pb.Entry{rd.Entries, rd.CommittedEntries} {
		for i := range list {
			e := &list[i]
			u64(e.Index)
			u64(e.Term)
			u32(uint32(e.Type))
			u32(uint32(len(e.Data)))
			out = out[copy(out, e.Data):]
		}
	}
	for i := range rd.Messages {
		m := &rd.Messages[i]
		n := m.Size()
		u64(m.To)
		u64(m.Snapshot.Metadata.Index)
		u32(uint32(m.Type))
		u32(uint32(n))
		if _, err := m.MarshalTo(out[:n]); err != nil {
			return err
		}
		out = out[n:]
	}
	for i := range rd.ReadStates {
		u64(rd.ReadStates[i].Index)
		u32(uint32(len(rd.ReadStates[i].RequestCtx)))
		out = out[copy(out, rd.ReadStates[i].RequestCtx):]
	}
	return nil
}
