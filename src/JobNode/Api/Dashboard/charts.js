// The last hour as two charts. Each also says in a sentence, and in a table, what it shows.

const hourMs = 3600000;
let samples = [];
let skew = 0; // the node's clock less this page's, in milliseconds
let everyMs = 5000;

const onHistory = news => {
  skew = news.now - Date.now();
  everyMs = news.everyMs;
  if (news.at.length > 0) {
    // A node that was started again knows less than this page, which then keeps what it has.
    const fresh = news.at.map((time, index) => ({
      at: time, rate: news.rate[index], capacity: news.capacity[index], completed: news.completed[index],
      todo: news.pending[index] === null ? null : news.pending[index] + news.running[index],
    }));
    samples = [...samples.filter(sample => sample.at < fresh[0].at && sample.at > news.now - hourMs), ...fresh]
      .slice(-hourMs / everyMs);
  }
  drawCharts();
};

const niceTop = value => {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 4, 10].map(factor => factor * power).find(top => top >= value);
};

// From ten minutes to an hour, in tens: a young cluster's history is not a sliver at the edge.
const spanMs = now => samples.length === 0 ? 600000
  : Math.min(hourMs, 600000 * Math.max(1, Math.ceil((now - samples[0].at) / 600000)));

const chartOf = (name, lines) => {
  const figure = at(`${name}-chart`), svg = figure.querySelector("svg"), caption = figure.querySelector("figcaption");
  const details = figure.querySelector("details"), space = svg.namespaceURI;
  let cursor = null, place = null;

  const shape = (tag, attributes, text) => {
    const element = document.createElementNS(space, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
    return element;
  };

  const values = key => samples.map(sample => sample[key]).filter(value => value !== null);

  const pathOf = (key, x, y) => {
    const runs = [];
    let before = -Infinity;
    for (const sample of samples) {
      if (sample[key] === null) { before = -Infinity; continue; }
      if (sample.at - before > 3 * everyMs) runs.push([]);
      runs.at(-1).push([x(sample.at), y(sample[key])]);
      before = sample.at;
    }
    return runs;
  };
  const joined = run => run.map(([left, top]) => `${left.toFixed(1)} ${top.toFixed(1)}`).join("L");

  const sentence = () => {
    if (cursor !== null && samples[cursor]) {
      const sample = samples[cursor];
      return `At ${clock(sample.at - skew)}: ` + (sample[lines[0].key] === null ? "not known" : lines.map(line =>
        `${short(sample[line.key])} ${line.words}`).join(", "));
    }
    const shown = values(lines[0].key);
    if (shown.length === 0) return samples.length === 0 ? "No samples yet." : "Not known: no leader in this time.";
    const last = samples.at(-1)[lines[0].key];
    return `Now ${last === null ? "not known" : `${short(last)} ${lines[0].words}`}; `
      + `highest ${short(Math.max(...shown))}, lowest ${short(Math.min(...shown))} `
      + `in the last ${lasts((Date.now() + skew - samples[0].at) / 1000)}.`;
  };

  const drawTable = () => {
    if (!details.open) return;
    const step = Math.max(1, Math.round(samples.length / 12));
    const picked = samples.filter((_, index) => (samples.length - 1 - index) % step === 0).reverse();
    details.querySelector("thead").replaceChildren(make("tr", {}, make("th", { scope: "col" }, "Time"),
      ...lines.map(line => make("th", { scope: "col", class: "num" }, line.words))));
    details.querySelector("tbody").replaceChildren(...picked.map(sample => make("tr", {},
      make("th", { scope: "row" }, clock(sample.at - skew)),
      ...lines.map(line => make("td", { class: "num" }, short(sample[line.key]))))));
  };

  const draw = () => {
    const width = svg.clientWidth, height = svg.clientHeight;
    if (width === 0) return;
    const left = 46, right = width - 6, top = 8, bottom = height - 20;
    const now = Date.now() + skew, span = spanMs(now);
    const most = niceTop(Math.max(2, ...lines.flatMap(line => values(line.key))));
    const x = time => right - (right - left) * (now - time) / span;
    const y = value => bottom - (bottom - top) * value / most;
    place = { left, right, now, span };
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const share of [0, 0.5, 1]) {
      shape("line", { class: "grid", x1: left, x2: right, y1: y(share * most), y2: y(share * most) });
      shape("text", { x: left - 6, y: y(share * most) + 4, "text-anchor": "end" }, short(share * most));
    }
    for (const share of [1, 0.5, 0]) {
      const anchor = share === 1 ? "start" : share === 0 ? "end" : "middle";
      const words = share === 0 ? "now" : `${Math.round(share * span / 60000)} min ago`;
      shape("text", { x: x(now - share * span), y: height - 4, "text-anchor": anchor }, words);
    }
    for (const event of events.filter(each => toneOf(each.kind) === "bad" && each.at > now - span)) {
      shape("line", { class: "mark", x1: x(event.at), x2: x(event.at), y1: top, y2: bottom });
    }
    lines.forEach((line, index) => {
      for (const run of pathOf(line.key, x, y)) {
        if (index === 0) {
          shape("path", { class: "area",
            d: `M${run[0][0].toFixed(1)} ${bottom}L${joined(run)}L${run.at(-1)[0].toFixed(1)} ${bottom}Z` });
        }
        shape("path", { class: line.look, d: `M${joined(run)}${run.length === 1 ? "h1" : ""}` });
      }
    });
    if (cursor !== null && samples[cursor]) {
      shape("line", { class: "cursor", x1: x(samples[cursor].at), x2: x(samples[cursor].at), y1: top, y2: bottom });
    }
    set(caption, sentence());
    drawTable();
  };

  const moveTo = index => {
    cursor = index;
    draw();
  };
  svg.onpointermove = event => {
    if (!place || samples.length === 0) return;
    const time = place.now - place.span * (place.right - event.offsetX) / (place.right - place.left);
    const far = sample => Math.abs(sample.at - time);
    moveTo(samples.reduce((best, sample, index) => far(sample) < far(samples[best]) ? index : best, 0));
  };
  svg.onpointerleave = () => moveTo(null);
  svg.onblur = () => moveTo(null);
  svg.onkeydown = event => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12 }[event.key];
    if (step === undefined || samples.length === 0) return;
    event.preventDefault();
    moveTo(Math.max(0, Math.min(samples.length - 1, (cursor ?? samples.length - 1) + step)));
    say(sentence());
  };
  details.ontoggle = drawTable;
  new ResizeObserver(draw).observe(svg);
  return draw;
};

const charts = [
  chartOf("rate", [
    { key: "rate", look: "s1", words: "iterations/s" }, { key: "capacity", look: "s2", words: "at most" },
  ]),
  chartOf("queue", [
    { key: "todo", look: "s1", words: "to do" }, { key: "completed", look: "s3", words: "to be pulled" },
  ]),
];
const drawCharts = () => charts.forEach(draw => draw());
