// The jobs: a page of them, with progress and time left of those that are not finished, and what can be done to each.

const pageJobs = 20;
const detailsAtOnce = 3; // a browser has six connections to a node, and the page needs others too
const view = { kind: "all", cursor: null, next: null, wanted: "", isChosen: false, turn: 0, atLeast: 200 };
const finals = new Map(); // jobs whose state will not change any more, by id

const jobTones = {
  pending: ["", "waits"], running: ["run", "running"], completed: ["good", "completed"],
  pulled: ["good", "pulled"], cancelled: ["", "cancelled"],
};

const isOpen = job => job.state === "pending" || job.state === "running";

const fillJob = (cell, job) => {
  if (cell.dataset.key === job.id) return;
  cell.dataset.key = job.id;
  const name = nameOf(job.id);
  cell.replaceChildren(name ? make("div", {}, name) : "", make("code", {}, job.id));
};

const resultOf = job => make("span", { class: "result" },
  make("code", { title: job.result }, `${job.result.slice(0, 12)}…${job.result.slice(-6)}`),
  copyButton(`the result of job ${nameOf(job.id) ?? job.id}`, job.result));

const cancelButton = job => {
  const button = make("button", {
    type: "button", class: "small danger", "aria-label": `Cancel job ${nameOf(job.id) ?? job.id}`,
  }, "Cancel");
  button.onclick = () => askToCancel(job.id, button);
  return button;
};

// The result once there is one; until then the way to give it up.
const fillResult = (cell, job) => {
  const key = job.result ?? (isOpen(job) ? "open" : "");
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  cell.classList.toggle("empty", key === "");
  cell.replaceChildren(job.result ? resultOf(job) : key ? cancelButton(job) : "");
};

const timeLeft = job => {
  if (job.state === "completed" || job.state === "pulled") return `done ${moment(Date.parse(job.completedAt))}`;
  if (!isOpen(job) || !hasQuorum()) return "–";
  return job.iterationsDone < job.iterations ? lasts(job.etaSeconds) : "being checked";
};

const showRows = rowsOf(at("jobs"), [
  { fill: fillJob },
  { name: "State", fill: (cell, job) => fillState(cell, ...jobTones[job.state], "") },
  { name: "Progress", fill: (cell, job) => fillBar(
    cell, job.progress, `${job.progress >= 1 ? 100 : (100 * job.progress).toFixed(job.iterations > 1e6 ? 1 : 0)}%`) },
  { name: "Time left", fill: (cell, job) => set(cell, timeLeft(job)) },
  { name: "Iterations", kind: "num", fill: (cell, job) => set(cell, whole(job.iterations)) },
  { name: "Priority", kind: "num", fill: (cell, job) => set(cell, job.priority) },
  { name: "Enqueued", fill: (cell, job) => set(cell, moment(Date.parse(job.enqueuedAt))) },
  { name: "Result", fill: fillResult },
]);

const finished = new Set();
const announce = job => {
  if (job.state !== "completed" || !nameOf(job.id) || finished.has(job.id)) return;
  finished.add(job.id);
  say(`${nameOf(job.id)} is completed`);
};

const readJob = async id => {
  const known = finals.get(id);
  if (known) return known;
  const job = await (await call("GET", `/jobs/${encodeURIComponent(id)}`)).json();
  if (job.state === "pulled" || job.state === "cancelled") finals.set(id, job);
  return job;
};

// What each gives, in order, a few at once; null for a job that is not known any more.
const readJobs = async ids => {
  const jobs = new Array(ids.length).fill(null);
  let next = 0;
  await Promise.all(Array.from({ length: detailsAtOnce }, async () => {
    while (next < ids.length) {
      const index = next++;
      try {
        jobs[index] = await readJob(ids[index]);
      } catch (error) {
        if (error.status !== 404) throw error;
      }
    }
  }));
  return jobs;
};

const readPage = async () => {
  if (view.kind === "found") return { jobs: [await readJob(view.wanted)], next: null };
  if (view.kind === "mine") {
    const all = mine(), from = view.cursor ?? 0, ids = all.slice(from, from + pageJobs).map(job => job.id);
    return { jobs: (await readJobs(ids)).filter(Boolean), next: from + pageJobs < all.length ? from + pageJobs : null };
  }
  const query = new URLSearchParams({ limit: pageJobs });
  if (view.kind !== "all") query.set("state", view.kind);
  if (view.cursor) query.set("cursor", view.cursor);
  const page = await (await call("GET", `/jobs?${query}`)).json();
  // The list knows checkpoints only; the leader knows how far each has come.
  const open = hasQuorum() ? page.jobs.filter(isOpen).map(job => job.id) : [];
  const details = new Map((await readJobs(open)).filter(Boolean).map(job => [job.id, job]));
  return { jobs: page.jobs.map(job => details.get(job.id) ?? job), next: page.nextCursor };
};

const emptyWords = {
  all: "No jobs. Drop a file on this page to send the first one.", mine: "No job was sent from this tab yet.",
  pending: "Nothing to do.", completed: "No results wait to be pulled.", pulled: "Nothing was pulled lately.",
  cancelled: "Nothing was cancelled lately.", found: "",
};

const refreshJobs = async () => {
  const turn = ++view.turn, begun = performance.now();
  try {
    const page = await readPage();
    if (turn !== view.turn) return;
    view.next = page.next;
    page.jobs.forEach(announce);
    showRows(page.jobs, job => job.id);
    set(at("jobs-error"), "");
    set(at("no-jobs"), emptyWords[view.kind]);
    at("no-jobs").hidden = page.jobs.length > 0;
    at("next-page").disabled = view.next === null;
    at("first-page").disabled = view.cursor === null;
    set(at("page-hint"), page.jobs.length === 0 || view.kind === "found" ? ""
      : view.kind === "mine" ? "newest first" : "by priority where work is left, then oldest first");
  } catch (error) {
    if (turn !== view.turn) return;
    if (!(error instanceof Refused)) throw error;
    set(at("jobs-error"), isCurrent() || view.kind === "found" ? error.message : "");
    if (view.kind === "found") showRows([], job => job.id);
  } finally {
    view.atLeast = Math.max(1000, 5 * (performance.now() - begun));
  }
};

// Single jobs are told by a majority only, the list by any node.
const canRead = () => isLive() && (hasQuorum() || !["mine", "found"].includes(view.kind));

const keepJobsFresh = async () => {
  for (;;) {
    if (canRead() && !document.hidden) await refreshJobs();
    await sleep(view.atLeast);
  }
};

const choose = kind => {
  view.kind = kind;
  view.cursor = null;
  if (at("state").value !== kind && kind !== "found") at("state").value = kind;
  return refreshJobs();
};

// After the first file that was sent from here, its sender wants to see that one.
const showMineOnce = () => view.isChosen || view.kind === "mine" ? refreshJobs() : choose("mine");

at("state").onchange = () => {
  view.isChosen = true;
  at("job-id").value = "";
  choose(at("state").value);
};
at("find").onsubmit = event => {
  event.preventDefault();
  view.wanted = at("job-id").value.trim();
  choose(view.wanted ? "found" : at("state").value);
};
at("next-page").onclick = () => {
  view.cursor = view.next;
  refreshJobs();
};
at("first-page").onclick = () => {
  view.cursor = null;
  refreshJobs();
};

const askToCancel = (id, button) => {
  const dialog = at("ask");
  set(at("ask-id"), nameOf(id) ? `${nameOf(id)} (${id})` : id);
  dialog.returnValue = "no";
  dialog.onclose = async () => {
    if (dialog.returnValue !== "yes") return;
    button.disabled = true;
    try {
      await call("DELETE", `/jobs/${id}`);
      say("The job was cancelled");
    } catch (error) {
      button.disabled = false;
      set(at("jobs-error"), error.message);
    }
    await refreshJobs();
  };
  dialog.showModal();
};
