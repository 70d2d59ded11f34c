"use strict";
// Basics: elements, numbers and times as people read them, calls to this page's node.

const at = id => document.getElementById(id);

const make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
};

// Only what changed is written: a selection, a focus or a screen reader's place is not lost every second.
const set = (element, text) => {
  const words = String(text);
  if (element.textContent !== words) element.textContent = words;
};

const mark = (element, name, value) => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};

// A table whose rows stay the same elements while their cells change. A column is { name, kind, fill(cell, item) }.
const rowsOf = (body, columns) => {
  const known = new Map();
  const addRow = () => {
    const row = make("tr", { role: "row" });
    columns.forEach((column, index) => {
      const cell = index === 0 ? make("th", { scope: "row", role: "rowheader" }) : make("td", { role: "cell" });
      if (column.kind) cell.className = column.kind;
      if (column.name && index > 0) cell.dataset.name = column.name;
      row.append(cell);
    });
    return row;
  };
  return (items, keyOf) => {
    const wanted = items.map(item => {
      const key = keyOf(item);
      const row = known.get(key) ?? addRow();
      known.set(key, row);
      columns.forEach((column, index) => column.fill(row.cells[index], item));
      return row;
    });
    for (const [key, row] of known) {
      if (wanted.includes(row)) continue;
      known.delete(key);
      row.remove();
    }
    wanted.forEach((row, index) => {
      if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
    });
  };
};

const short = number => {
  if (number === null || number === undefined) return "–";
  const units = ["", "\u00a0k", "\u00a0M", "\u00a0G", "\u00a0T", "\u00a0P", "\u00a0E"];
  let value = Number(number), unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1000; unit++; }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return (unit === 0 && value > 0 && value < 10 ? +value.toFixed(1) : value.toFixed(digits)) + units[unit];
};

const whole = number => Number(number).toLocaleString("en-US").replaceAll(",", "\u202f");
const count = (number, one, many) => `${whole(number)} ${Number(number) === 1 ? one : many}`;

const lasts = seconds => {
  if (seconds === null || seconds === undefined) return "unknown";
  if (seconds < 0.95) return "under 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  const days = seconds / 86400;
  return days < 1000 ? `${Math.round(days)} days` : `${short(days / 365.25)} years`;
};

const two = number => String(number).padStart(2, "0");
const clock = ms => {
  const time = new Date(ms);
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
};
// With the day where it is not today's.
const moment = ms => {
  const time = new Date(ms);
  const day = time.toDateString() === new Date().toDateString() ? "" : `${time.getDate()}.${time.getMonth() + 1}. `;
  return day + clock(ms);
};

const sleep = ms => new Promise(done => { setTimeout(done, ms); });

// Said to a screen reader; not shown.
const say = words => { at("spoken").textContent = words; };

// 128 random bits. Not crypto.randomUUID: browsers offer that over HTTPS only.
const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");

// The clipboard is offered over HTTPS and on localhost only; elsewhere the old way works.
const copyText = async text => {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch { /* not allowed: the old way */ }
  }
  const area = make("textarea", { value: text, class: "unseen" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
};

const copyButton = (name, text) => {
  const button = make("button", { type: "button", class: "small", "aria-label": `Copy ${name}` }, "Copy");
  button.onclick = async () => {
    const focused = document.activeElement;
    await copyText(text);
    focused?.focus();
    button.textContent = "Copied";
    say(`Copied ${name}`);
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  return button;
};

const save = (name, type, text) => {
  const address = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
};

// The token is kept for this tab only; it goes when the tab is closed.
const tokenName = "jobnode-token";
const token = () => sessionStorage.getItem(tokenName);
const headers = more => ({ ...(token() ? { Authorization: `Bearer ${token()}` } : {}), ...more });

class Refused extends Error {
  constructor(status, type, detail, retryAfter) {
    super(detail);
    this.status = status;
    this.type = type;
    this.retryAfter = retryAfter;
  }
}

const refusalOf = (status, text, retryAfter) => {
  let problem = {};
  try { problem = JSON.parse(text); } catch { /* not one of the node's own answers */ }
  if (status === 401) askForToken(token() ? problem.detail : "");
  return new Refused(status, problem.type ?? "", problem.detail ?? `The node answered ${status}.`, Number(retryAfter));
};

// An answer, or an exception whose message is a sentence for people.
const call = async (method, path, more = {}) => {
  let answer;
  try {
    answer = await fetch(path, {
      method, cache: "no-store", headers: headers(more), signal: AbortSignal.timeout(20000),
    });
  } catch {
    throw new Refused(0, "", "The node does not answer; what was asked may or may not have been done.", 0);
  }
  if (answer.ok) return answer;
  throw refusalOf(answer.status, await answer.text(), answer.headers.get("Retry-After"));
};

const askForToken = words => {
  document.body.classList.add("locked");
  if (at("login").hidden) {
    at("login").hidden = false;
    at("token").focus();
  }
  set(at("login-error"), words ?? "");
  sessionStorage.removeItem(tokenName);
  showToken();
};

const showToken = () => {
  at("forget").hidden = !token();
  const shown = document.body.classList.contains("locked") || token() ? "-H \"Authorization: Bearer $TOKEN\" " : "";
  set(at("curl"), `curl -X PUT ${shown}"${location.origin}/enqueue?iterations=1000" -F "data=@file"\n`
    + `curl -X POST ${shown}"${location.origin}/pullCompleted?top=10"\n`
    + `curl -N ${shown}"${location.origin}/events"`);
};

at("login").onsubmit = event => {
  event.preventDefault();
  sessionStorage.setItem(tokenName, at("token").value.trim());
  at("token").value = "";
  at("login").hidden = true;
  set(at("login-error"), "");
  document.body.classList.remove("locked");
  showToken();
  wake();
};
at("forget").onclick = () => {
  sessionStorage.removeItem(tokenName);
  location.reload();
};
