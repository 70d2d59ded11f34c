// Pulling: results leave the queue, so nothing of an answer may be lost. A call that may or may not have been done is
// repeated with its own key, which gives the same results again.

const pulledShown = 100;
const pulls = []; // answers as they came: a number of iterations may be too long for this language
let pulledRows = [];
let openPull = null;

const showPulled = () => {
  at("pulled").hidden = pulledRows.length === 0;
  const shown = pulledRows.slice(0, pulledShown);
  const more = pulledRows.length > shown.length ? `; the newest ${shown.length} are shown, all are saved` : "";
  set(at("pulled-count"), `${count(pulledRows.length, "result", "results")} pulled by this page${more}`);
  at("pulled-rows").replaceChildren(...shown.map(job => make("tr", {},
    make("th", { scope: "row" }, make("code", {}, job.id)),
    make("td", { class: "num" }, whole(job.iterations)),
    make("td", {}, make("span", { class: "result" },
      make("code", { title: job.result }, `${job.result.slice(0, 12)}…`),
      copyButton(`the result of job ${job.id}`, job.result))))));
};

at("pull").onsubmit = async event => {
  event.preventDefault();
  const target = `/pullCompleted?top=${at("top").value}&order=${at("order").value}`;
  openPull ??= { target, key: newKey() };
  at("pull-button").disabled = true;
  set(at("pull-error"), "");
  try {
    const text = await (await call("POST", openPull.target, { "Idempotency-Key": openPull.key })).text();
    openPull = null;
    const jobs = JSON.parse(text);
    if (jobs.length > 0) pulls.push(text.trim().slice(1, -1));
    pulledRows = [...jobs.toReversed(), ...pulledRows];
    showPulled();
    const words = jobs.length === 0
      ? "There was no result to pull." : `${count(jobs.length, "result", "results")} pulled.`;
    say(words);
    if (jobs.length === 0) set(at("pull-error"), words);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const isOpen = error.status === 0 || error.status >= 500;
    if (!isOpen) openPull = null;
    set(at("pull-error"), error.message + (isOpen ? " Pull again: it cannot take anything twice." : ""));
  } finally {
    at("pull-button").disabled = false;
  }
  refreshJobs();
};

at("save-json").onclick = () => save("jobnode-results.json", "application/json", `[${pulls.join(",\n")}]\n`);
at("save-text").onclick = () => save("jobnode-results.txt", "text/plain",
  pulledRows.toReversed().map(job => `${job.id} ${job.result}\n`).join(""));

window.addEventListener("beforeunload", event => {
  if (openPull) event.preventDefault();
});

showToken();
setInterval(showLink, 1000);
setInterval(() => { if (isLive()) drawCharts(); }, 5000);
follow();
askMembers();
keepJobsFresh();
