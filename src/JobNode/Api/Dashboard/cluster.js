// The cluster as it is: the sentence, the figures, the nodes, the events.

const membersOldAfterMs = 15000;
const cluster = { status: null, members: new Map(), membersAt: 0 };

const dead = node => !node.alive;
const jobsToDo = status => status.queue.pending + status.queue.running;

const stateOf = node => {
  if (node.quarantine) return ["bad", "quarantine", node.quarantine];
  if (!hasQuorum()) return node.id === cluster.status.node.id ? ["wait", "no leader", ""] : ["", "unknown", ""];
  if (dead(node)) return ["bad", "lost", "The leader does not hear of it"];
  if (node.suspect) return ["wait", "suspect", "Its results and those of another node differ"];
  if (node.draining) return ["wait", "draining", "It hands its part over"];
  return ["good", "at work", ""];
};

const summaryOf = status => {
  if (!hasQuorum()) {
    return lacksQuorum() ? "No quorum: nothing is accepted and nothing completes." : "The nodes elect a leader …";
  }
  const nodes = status.nodes, lost = nodes.filter(dead);
  const names = list => list.map(node => node.address).join(", ");
  const work = lost.length === 0
    ? nodes.length === 1 ? "The one node is at work." : `All ${nodes.length} nodes are at work.`
    : `${nodes.length - lost.length} of ${nodes.length} nodes are at work; ${status.leaderIsNew
      ? "the new leader has not heard yet of" : "not heard of"}: ${names(lost)}.`;
  const sick = nodes.filter(node => node.quarantine);
  const quarantine = sick.length ? ` In quarantine: ${names(sick)}.` : "";
  const jobs = jobsToDo(status);
  const queue = jobs === 0
    ? " Nothing to do."
    : ` ${count(jobs, "job", "jobs")} to do`
      + (status.etaSeconds === null ? "." : `, done in about ${lasts(status.etaSeconds)}.`);
  return work + quarantine + queue;
};

const showSummary = () => {
  if (cluster.status) set(at("summary"), isLive() ? summaryOf(cluster.status) : `At ${clock(link.heardAt)}: `
    + summaryOf(cluster.status));
};

const tiles = new Map();
const tile = (name, value, more) => {
  if (!tiles.has(name)) {
    const words = make("span"), small = make("small");
    at("tiles").append(make("div", { class: "tile" }, make("dt", {}, name), make("dd", {}, words, small)));
    tiles.set(name, { words, small });
  }
  set(tiles.get(name).words, value);
  set(tiles.get(name).small, more);
};

const showTiles = status => {
  const known = hasQuorum();
  const busy = status.nodes.reduce((sum, node) => sum + node.lanesBusy, 0);
  const lanes = status.nodes.reduce((sum, node) => sum + node.lanes, 0);
  tile("Jobs to do", whole(jobsToDo(status)), known ? `${whole(status.queue.running)} running` : "none is worked on");
  tile("Results waiting", whole(status.queue.completed), "to be pulled");
  tile("Iterations/s", known ? short(status.iterationsPerSecondNow) : "–",
    known ? `at most ${short(status.iterationsPerSecond)}` : "not known");
  tile("Lanes busy", known ? `${whole(busy)} of ${whole(lanes)}` : "–", known
    ? count(status.nodes.filter(node => !dead(node)).length, "node", "nodes") : "not known");
  const left = known && jobsToDo(status) > 0 ? status.etaSeconds : null;
  tile("Time to drain", !known ? "–" : jobsToDo(status) === 0 ? "nothing to do" : lasts(left),
    left === null || left > 1e8 ? "" : `at about ${moment(Date.now() + left * 1000)}`);
};

const lag = node => {
  const member = cluster.members.get(node.id);
  if (!member || !isCurrent() || Date.now() - cluster.membersAt > membersOldAfterMs) return "–";
  return member.entriesBehind === null ? "no log" : whole(member.entriesBehind);
};

const fillNode = (cell, node) => {
  const api = cluster.members.get(node.id)?.apiAddress, isOwn = node.id === cluster.status.node.id;
  const key = `${node.address} ${api} ${isOwn}`;
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  cell.replaceChildren(isOwn || !api
    ? node.address
    : make("a", { href: `${location.protocol}//${api}/`, title: "The page of this node" }, node.address),
  isOwn ? make("span", { class: "own" }, " · this page") : "");
};

const fillState = (cell, tone, words, title) => {
  const mark1 = cell.firstChild ?? cell.appendChild(make("span", { class: "state" }));
  mark(mark1, "data-tone", tone);
  mark(mark1, "title", title);
  set(mark1, words);
};

const fillBar = (cell, share, words) => {
  const box = cell.firstChild ?? cell.appendChild(make("span", { class: "measure" },
    make("span", { class: "bar", "aria-hidden": "true" }, make("i")), make("span")));
  box.firstChild.firstChild.style.width = `${Math.min(100, 100 * share)}%`;
  box.firstChild.classList.toggle("done", share >= 1);
  set(box.lastChild, words);
};

const showNodes = rowsOf(at("nodes"), [
  { fill: fillNode },
  { name: "State", fill: (cell, node) => fillState(cell, ...stateOf(node)) },
  { name: "Role", fill: (cell, node) => {
    const computesOnly = cluster.members.get(node.id)?.computeOnly ?? node.computeOnly;
    set(cell, computesOnly ? `${node.role}, only computes` : node.role);
  } },
  { name: "Zone", fill: (cell, node) => set(cell, cluster.members.get(node.id)?.zone || "–") },
  { name: "Lag", kind: "num", fill: (cell, node) => set(cell, lag(node)) },
  { name: "Lanes busy", fill: (cell, node) => {
    const has = node.lanes > 0 && !dead(node);
    const words = has ? `${node.lanesBusy}/${node.lanes}` : "–";
    fillBar(cell, has ? Math.min(0.999, node.lanesBusy / node.lanes) : 0, words);
  } },
  { name: "Jobs held", kind: "num", fill: (cell, node) => set(cell, dead(node) ? "–" : whole(node.jobsHeld)) },
  { name: "Iterations/s", kind: "num", fill: (cell, node) =>
    set(cell, hasQuorum() && !dead(node) ? short(node.iterationsPerSecondNow) : "–") },
  { name: "At most", kind: "num", fill: (cell, node) =>
    set(cell, dead(node) ? "–" : short(node.iterationsPerSecond)) },
  { name: "Version", fill: (cell, node) => {
    const version = cluster.members.get(node.id)?.version
      ?? (node.id === cluster.status.node.id ? cluster.status.node.version.split("+")[0] : null);
    set(cell, [version, node.isa].filter(Boolean).join(" · ") || "–");
  } },
]);

const onStatus = status => {
  cluster.status = status;
  noteQuorum(status);
  const node = status.node;
  set(at("where"), `${node.address} · ${node.role} · leader ${status.leader ?? "unknown"} · term ${status.term} · `
    + `cluster ${status.clusterId.slice(0, 8)}`);
  document.title = `${lacksQuorum() ? "no quorum · " : ""}jobnode ${node.address}`;
  showTiles(status);
  showNodes(status.nodes, member => member.id);
  const warnings = node.warnings.join("\n");
  if (at("warnings").dataset.key !== warnings) {
    at("warnings").dataset.key = warnings;
    at("warnings").replaceChildren(...node.warnings.map(text => make("li", {}, text)));
  }
  showLink();
};

// A new leader does not know yet where members serve their pages, nor their versions: what was told before stays.
const takeMembers = members => {
  const before = cluster.members;
  cluster.members = new Map(members.map(member => [member.id, {
    ...member,
    apiAddress: member.apiAddress ?? before.get(member.id)?.apiAddress,
    version: member.version ?? before.get(member.id)?.version,
  }]));
  cluster.membersAt = Date.now();
};

// Zone, version and lag are the leader's to tell.
const askMembers = async () => {
  for (;;) {
    if (isCurrent() && !document.hidden) {
      try {
        const answer = await (await call("GET", "/members")).json();
        takeMembers(answer.members);
        showNodes(cluster.status.nodes, member => member.id);
      } catch { /* the age says so */ }
    }
    const old = cluster.membersAt && (!isCurrent() || Date.now() - cluster.membersAt > membersOldAfterMs);
    set(at("nodes-age"), old ? `as of ${clock(cluster.membersAt)}` : "");
    await sleep(cluster.membersAt ? 3000 : 300);
  }
};

const badKinds = ["quorumLost", "lost", "quarantine"];
const goodKinds = ["quorumBack", "back", "released"];
const toneOf = kind => badKinds.includes(kind) ? "bad" : goodKinds.includes(kind) ? "good" : "";
let events = [];

const showLog = () => {
  at("no-log").hidden = events.length > 0;
  at("log").hidden = events.length === 0;
  at("log").replaceChildren(...events.toReversed().map(event => make("li", {},
    make("time", { dateTime: new Date(event.at).toISOString() }, moment(event.at)),
    make("span", { "data-tone": toneOf(event.kind) }, event.text))));
};

// After each new connection the node tells all it has; what the page has of before that stays.
const onLog = news => {
  if (news.length === 0) return;
  const known = new Set(events.map(event => `${event.at} ${event.text}`));
  const fresh = news.filter(event => !known.has(`${event.at} ${event.text}`));
  events = [...events, ...fresh].sort((a, b) => a.at - b.at).slice(-200);
  showLog();
  drawCharts();
  const loud = fresh.filter(event => toneOf(event.kind) !== "" && Date.now() + skew - event.at < 5000);
  if (loud.length > 0) say(loud.map(event => event.text).join(". "));
};

const note = (kind, text) => onLog([{ at: Date.now() + skew, kind, text }]);
