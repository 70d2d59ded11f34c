// Enqueue: one file after the other, each with a key of its own, so that trying again never makes a second job.

const mineName = "jobnode-mine";
const mineMax = 200;
const triesMax = 6;

const mine = () => JSON.parse(sessionStorage.getItem(mineName) ?? "[]");
const nameOf = id => mine().find(job => job.id === id)?.name;
const remember = (id, name) => sessionStorage.setItem(
  mineName, JSON.stringify([{ id, name }, ...mine().filter(job => job.id !== id)].slice(0, mineMax)));

const size = bytes => bytes < 1000 ? `${bytes} bytes` : `${short(bytes)}B`;

// fetch does not tell how much of a body has gone out; XMLHttpRequest does.
const upload = (item, onProgress) => new Promise((done, failed) => {
  const request = new XMLHttpRequest();
  item.request = request;
  request.open("PUT", `/enqueue?iterations=${item.iterations}&priority=${item.priority}`);
  for (const [name, value] of Object.entries(headers({
    "Idempotency-Key": item.key, "Content-Type": "application/octet-stream", Accept: "application/json",
  }))) request.setRequestHeader(name, value);
  request.upload.onprogress = event => onProgress(event.total ? event.loaded / event.total : 1);
  request.onload = () => {
    if (request.status === 200) done(JSON.parse(request.responseText).id);
    else failed(refusalOf(request.status, request.responseText, request.getResponseHeader("Retry-After")));
  };
  request.onerror = () => failed(new Refused(0, "", "The node does not answer, or the file cannot be read.", 0));
  request.onabort = () => failed(new Refused(-1, "", "Stopped before it was accepted.", 0));
  request.send(item.file);
});

const isWorthAgain = error => error.status === 0 || error.status === 429 || error.status === 503;

const showItem = (item, share, words, state) => {
  item.line.className = state ?? "";
  fillBar(item.bar, share, "");
  set(item.words, words);
  item.stop.hidden = state !== undefined;
  item.again.hidden = state !== "failed";
};

const sendOne = async item => {
  for (let tries = 1; ; tries++) {
    try {
      showItem(item, 0, `sending ${size(item.file.size)} …`);
      const id = await upload(item, share => showItem(item, 0.99 * share, share < 1
        ? `sending ${size(item.file.size)}: ${Math.floor(100 * share)}%` : "sent; waits until a majority has it …"));
      remember(id, item.file.name);
      showItem(item, 1, `accepted as ${id}`, "accepted");
      say(`${item.file.name} was accepted`);
      showMineOnce();
      return;
    } catch (error) {
      if (item.stopped || !isWorthAgain(error) || tries === triesMax) {
        showItem(item, 0, error.message, "failed");
        say(`${item.file.name} was not accepted: ${error.message}`);
        return;
      }
      const seconds = error.retryAfter > 0 ? error.retryAfter : Math.min(8, 2 ** tries);
      showItem(item, 0, `${error.message} Trying again in ${seconds} s (${tries} of ${triesMax - 1}).`);
      await sleep(1000 * seconds);
      if (item.stopped) {
        showItem(item, 0, "Stopped before it was accepted.", "failed");
        return;
      }
    }
  }
};

let sending = Promise.resolve();
const queueUp = item => {
  item.stopped = false;
  showItem(item, 0, `waits; ${size(item.file.size)}`);
  sending = sending.then(() => item.stopped ? undefined : sendOne(item));
};

const addFile = (file, iterations, priority) => {
  const item = {
    file, iterations, priority, key: newKey(),
    line: make("li"), bar: make("span"), words: make("span", { class: "words" }),
    stop: make("button", { type: "button", class: "small", "aria-label": `Stop sending ${file.name}` }, "Stop"),
    again: make("button", { type: "button", class: "small", "aria-label": `Send ${file.name} again` }, "Try again"),
  };
  item.stop.onclick = () => {
    item.stopped = true;
    item.request?.abort();
    if (!item.request) showItem(item, 0, "Stopped before it was sent.", "failed");
  };
  item.again.onclick = () => queueUp(item);
  item.line.append(make("span", { class: "name", title: file.name }, file.name),
    make("span", {}, item.bar, item.stop, item.again), item.words);
  at("uploads").prepend(item.line);
  // What is done long ago is in the list of jobs.
  [...at("uploads").querySelectorAll(".accepted")].slice(8).forEach(line => line.remove());
  queueUp(item);
};

const sendFiles = files => {
  set(at("send-error"), "");
  if (!at("send").reportValidity()) {
    set(at("send-error"), "Nothing was sent: say how many iterations (a whole number, 1 or more) and which priority.");
    return;
  }
  if (files.length === 0) {
    set(at("send-error"), "Choose one or more files first, or drop them on this page.");
    at("files").focus();
    return;
  }
  for (const file of files) addFile(file, at("iterations").value.trim(), at("priority").value);
};

at("send").onsubmit = event => {
  event.preventDefault();
  sendFiles([...at("files").files]);
  at("files").value = "";
};

const hasFiles = event => [...event.dataTransfer?.types ?? []].includes("Files");
window.addEventListener("dragover", event => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
window.addEventListener("dragleave", event => {
  if (event.relatedTarget === null) document.body.classList.remove("dropping");
});
window.addEventListener("drop", event => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  document.body.classList.remove("dropping");
  sendFiles([...event.dataTransfer.files]);
});
