// The stream of events, read with fetch because an EventSource cannot send a token; and how the page stands to its
// node. Nothing is shown as if it were of now when it is not.

const silentAfterMs = 4000;
const cutAfterMs = 10000;
const againMs = [500, 1000, 2000, 3000];
const quorumPatienceMs = 3000;

const link = {
  state: "connecting", // connecting, live, lost, refused
  heardAt: 0, // by the page's clock; 0 before the first word
  tries: 0,
  words: "",
  farewell: false,
  wasLive: false,
  leaderlessSince: 0,
  ledAt: 0, // when the figures were last those of a cluster with a leader
};

const handlers = {
  status: data => onStatus(data),
  history: data => onHistory(data),
  log: data => onLog(data),
  farewell: () => { link.farewell = true; },
};

const take = block => {
  let name = "", data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (Object.hasOwn(handlers, name)) handlers[name](JSON.parse(data));
};

const read = async (body, onHeard) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onHeard();
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      take(text.slice(0, end));
      text = text.slice(end + 2);
    }
  }
};

const followOnce = async () => {
  const cut = new AbortController();
  let heard = performance.now();
  const watch = setInterval(() => {
    if (performance.now() - heard > cutAfterMs) cut.abort();
  }, 500);
  try {
    const answer = await fetch("/events", {
      cache: "no-store", headers: headers({ Accept: "text/event-stream" }), signal: cut.signal,
    });
    if (!answer.ok) {
      throw refusalOf(answer.status, await answer.text(), answer.headers.get("Retry-After"));
    }
    link.tries = 0;
    link.farewell = false;
    await read(answer.body, () => {
      heard = performance.now();
      link.heardAt = Date.now();
      if (hasQuorum()) link.ledAt = link.heardAt;
      if (link.state !== "live") becomeLive();
    });
    link.state = "lost";
  } catch (error) {
    link.state = error instanceof Refused ? "refused" : "lost";
    link.words = error instanceof Refused ? error.message : "";
  } finally {
    clearInterval(watch);
  }
};

const becomeLive = () => {
  const wasDown = link.state !== "connecting";
  link.state = "live";
  link.wasLive = true;
  showLink();
  if (wasDown) {
    note("page", "This page is connected to its node again");
    say("Connected again");
  }
};

let wake = () => {};
const pause = ms => new Promise(done => {
  wake = done;
  setTimeout(done, ms);
});

const follow = async () => {
  for (;;) {
    await followOnce();
    if (link.wasLive) {
      link.wasLive = false;
      note("page", link.farewell ? "The node of this page stops in order" : "This page has lost touch with its node");
    }
    showLink();
    await pause(document.body.classList.contains("locked") ? 3600000 : againMs[Math.min(link.tries++, 3)]);
  }
};

const isLive = () => link.state === "live" && Date.now() - link.heardAt < silentAfterMs;
const hasQuorum = () => cluster.status !== null && cluster.status.leader !== null;
const isCurrent = () => isLive() && hasQuorum();

const noteQuorum = status => {
  if (status.leader !== null) {
    link.leaderlessSince = 0;
    link.ledAt = Date.now();
  } else if (link.leaderlessSince === 0) {
    // An election takes a second or two. A node that says at once that it has no quorum has waited already.
    const isOld = !link.ledAt && status.node.state === "noQuorum";
    link.leaderlessSince = Date.now() - (isOld ? quorumPatienceMs : 0);
  }
};
const lacksQuorum = () => link.leaderlessSince > 0 && Date.now() - link.leaderlessSince >= quorumPatienceMs;

const pill = (tone, words) => {
  mark(at("link"), "data-tone", tone);
  set(at("link"), words);
};

const otherNodes = () => [...cluster.members.values()]
  .filter(member => member.apiAddress && member.id !== cluster.status?.node.id)
  .map(member => make("a", { href: `${location.protocol}//${member.apiAddress}/` }, member.apiAddress));

const linkBanner = () => {
  if (isLive() || link.state === "connecting" || document.body.classList.contains("locked")) return null;
  const seen = link.heardAt ? `What you see is from ${clock(link.heardAt)}. ` : "";
  const others = otherNodes();
  if (link.state === "refused") {
    return { tone: "wait", title: "This node does not serve the page now", text: `${link.words} ${seen}`, others };
  }
  if (link.farewell) {
    return { tone: "wait", title: "The node of this page has stopped in order",
      text: `${seen}The page goes on by itself when the node is back.`, others };
  }
  return { tone: "bad", title: "This page has lost its node",
    text: `${location.host} does not answer: it is down, or cut off from here. ${seen}`
      + "This says nothing about the other nodes. The page tries again by itself.", others };
};

const quorumBanner = () => {
  if (!isLive() || !lacksQuorum()) return null;
  const voters = cluster.status.nodes.filter(node => !["stand-by", "spare"].includes(node.role));
  const needed = Math.floor(voters.length / 2) + 1;
  const seen = link.ledAt ? ` Rates and states of nodes are from ${clock(link.ledAt)}.` : "";
  return { tone: "bad", title: "No quorum",
    text: `This node reaches no majority of the voters: no job is accepted and none completes until ${needed} of `
      + `these ${voters.length} are together again: ${voters.map(node => node.address).join(", ")}. `
      + `Accepted jobs are safe.${seen}`, others: otherNodes() };
};

const nodeBanner = () => {
  const node = isLive() ? cluster.status?.node : null;
  if (node?.state === "diskBlocked") {
    return { tone: "bad", title: "The disk of this node takes no writes", text: node.warnings.join(" "), others: [] };
  }
  return node?.role === "none"
    ? { tone: "bad", title: "This node is no member of the cluster any more", text: "", others: otherNodes() }
    : null;
};

let shownBanners = "";
const showBanners = () => {
  const banners = [linkBanner(), quorumBanner(), nodeBanner()].filter(banner => banner !== null);
  const words = JSON.stringify(banners.map(banner => [banner.title, banner.text]));
  if (words === shownBanners) return;
  shownBanners = words;
  at("banners").replaceChildren(...banners.map(banner => make("div", { class: `banner ${banner.tone}` },
    make("b", {}, banner.title), make("p", {}, banner.text),
    banner.others.length ? make("p", {}, "Ask another node: ", ...banner.others) : null)));
};

const showLink = () => {
  const silent = Math.round((Date.now() - link.heardAt) / 1000);
  if (isLive()) {
    const state = cluster.status?.node.state;
    if (lacksQuorum()) pill("bad", "live · no quorum");
    else if (!hasQuorum()) pill("wait", "live · no leader yet");
    else if (state === "ready") pill("good", "live");
    else pill("wait", `live · ${{ diskBlocked: "disk blocked" }[state] ?? state}`);
  } else if (link.heardAt) {
    pill("bad", `no word for ${lasts(silent)}`);
  } else {
    pill(link.state === "connecting" ? "wait" : "bad", link.state === "connecting" ? "connecting" : "not connected");
  }
  document.body.classList.toggle("stale", link.heardAt > 0 && (!isLive() || lacksQuorum()));
  showBanners();
  showSummary();
};
