"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);

  // ---- Charts -------------------------------------------------------------------------------
  const figures = read("figures");
  const charts = [...document.querySelectorAll(".chart")];
  const settings = {
    responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: false,
    doubleClick: false, locale: "en",
  };
  const NARROW = 480;
  const halved = (axis) => (axis.tickvals && axis.tickvals.length > 3 ? {
    ...axis,
    tickvals: axis.tickvals.filter((_, k) => k % 2 === 0),
    ticktext: axis.ticktext.filter((_, k) => k % 2 === 0),
  } : axis);
  // Beside a bar a narrow screen has room for the amount alone, and below it for half the ticks.
  const narrowed = ({ data, layout }) => {
    const meta = layout.meta || {};
    return {
      data: data.map((trace) => (trace.meta ? { ...trace, text: trace.meta.narrow } : trace)),
      layout: {
        ...layout,
        margin: { ...layout.margin, r: meta.narrow_right || layout.margin.r },
        xaxis: meta.every_second ? halved(layout.xaxis) : layout.xaxis,
      },
    };
  };
  const draw = (chart) => {
    const figure = structuredClone(figures[chart.dataset.figure]);
    const narrow = chart.clientWidth < NARROW;
    chart.dataset.narrow = narrow;
    const { data, layout } = narrow ? narrowed(figure) : figure;
    Plotly.react(chart, data, layout, settings);
  };
  charts.forEach(draw);
  window.addEventListener("resize", () => charts
    .filter((chart) => String(chart.clientWidth < NARROW) !== chart.dataset.narrow).forEach(draw));
  // A printed page has another width than the screen; the charts are drawn for it and then back.
  const fit = () => charts.forEach((chart) => Plotly.Plots.resize(chart));
  window.addEventListener("beforeprint", () => {
    charts.forEach((chart) => Plotly.relayout(chart, { width: 960, autosize: false }));
  });
  window.addEventListener("afterprint", () => {
    charts.forEach((chart) => Plotly.relayout(chart, { width: null, autosize: true }));
    fit();
  });

  // ---- The part of the page that is being read ------------------------------------------------
  const links = new Map([...document.querySelectorAll("nav.sections a")]
    .map((link) => [link.getAttribute("href").slice(1), link]));
  const mark = (key) => links.forEach((link, name) => {
    if (name === key) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  mark("overview");
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) mark(entry.target.id);
    }, { rootMargin: "-15% 0px -75% 0px" });
    document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
  }

  // ---- Orders ---------------------------------------------------------------------------------
  if (!byId("order-table")) return;
  const PAGE = 25;
  const STATUS = { on_time: "On time", late: "Late", short: "Short", unplanned: "Unplanned" };
  const DESCENDING_FIRST = new Set(["open_quantity", "open_cents", "late_days"]);
  const orders = read("orders-data");
  const place = Object.fromEntries(orders.columns.map((name, k) => [name, k]));
  const word = (row, name) => orders.words[name][row[place[name]]];
  const iso = (days) => (days === null ? "" : new Date(days * 864e5).toISOString().slice(0, 10));
  const whole = (number) => (number === null ? "" : number.toLocaleString("en-US"));
  const marks = { USD: "$", EUR: "€", GBP: "£" };
  const money = (cents) => {
    const size = Math.abs(cents);
    const text = `${Math.floor(size / 100).toLocaleString("en-US")}.${String(size % 100).padStart(2, "0")}`;
    return `${cents < 0 ? "-" : ""}${marks[orders.currency] || `${orders.currency} `}${text}`;
  };
  const lines = orders.rows.map((row, k) => ({
    row,
    shipments: orders.shipments[k],
    status: word(row, "status"),
    text: [`${row[place.order_id]} / ${row[place.line_no]}`,
      `${row[place.order_id]}/${row[place.line_no]}`, word(row, "customer_id"),
      word(row, "item_id"), word(row, "segment"), word(row, "region"),
      STATUS[word(row, "status")], word(row, "status")].join("\n").toLowerCase(),
  }));
  const state = { words: [], status: null, column: "open_cents", down: true, page: 0, open: new Set() };

  const valueOf = (line, name) => {
    if (name === "status") return Object.keys(STATUS).indexOf(line.status);
    if (name in orders.words) return word(line.row, name);
    return line.row[place[name]];
  };
  const compare = (a, b) => (typeof a === "string"
    ? a.localeCompare(b, "en", { numeric: true }) : a - b);
  const isBlank = (value) => value === null || value === "";
  const sorted = (found) => {
    const way = state.down ? -1 : 1;
    // A blank says that there is no value, so it stands last whichever way the others run.
    return found.sort((a, b) => {
      const x = valueOf(a, state.column);
      const y = valueOf(b, state.column);
      if (isBlank(x) || isBlank(y)) return isBlank(x) - isBlank(y) || a.place - b.place;
      return way * compare(x, y) || a.place - b.place;
    });
  };
  lines.forEach((line, k) => { line.place = k; });

  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const rowOf = (line) => {
    const { row } = line;
    const made = element("tr");
    const head = element("th");
    head.scope = "row";
    const opener = element("button", `${row[place.order_id]} / ${row[place.line_no]}`, "open-row");
    opener.type = "button";
    opener.dataset.place = line.place;
    opener.setAttribute("aria-expanded", String(state.open.has(line.place)));
    head.append(opener);
    head.title = opener.textContent;
    const customer = element("td", word(row, "customer_id"), "clip");
    customer.title = customer.textContent;
    const badge = element("td");
    badge.append(element("span", STATUS[line.status] || line.status, `badge is-${line.status}`));
    const why = element("td", word(row, "note"), "why");
    why.title = word(row, "text");
    made.append(head, badge, element("td", iso(row[place.promised_on]) || "–"),
      element("td", money(row[place.open_cents]), "num"), customer,
      element("td", word(row, "item_id"), "clip"),
      element("td", whole(row[place.open_quantity]), "num"),
      element("td", iso(row[place.requested_on])),
      element("td", whole(row[place.late_days]) || "–", "num"),
      element("td", word(row, "segment"), "clip"), element("td", word(row, "region"), "clip"), why);
    return made;
  };
  const shipmentsOf = (line) => {
    const made = element("tr", undefined, "more");
    const cell = element("td");
    cell.colSpan = 12;
    const inside = element("div", undefined, "inside");
    const reason = word(line.row, "text");
    inside.append(element("p", reason || "All open pieces arrive by the requested week.", "why-full"));
    const relief = word(line.row, "relief");
    if (relief) inside.append(element("p", relief, "why-full"));
    const facts = `${whole(line.row[place.open_quantity])} × ${word(line.row, "item_id")} for `
      + `${word(line.row, "customer_id")} (${word(line.row, "segment")}, ${word(line.row, "region")}), `
      + `requested for ${iso(line.row[place.requested_on])}`;
    inside.append(element("p", facts));
    const list = element("ul");
    for (const [ship, arrive, site, item, pieces] of line.shipments) {
      list.append(element("li", `${whole(pieces)} × ${orders.words.sent_items[item]} from `
        + `${orders.words.sites[site]}: ships in the week of ${iso(ship)}, arrives in the week of `
        + iso(arrive)));
    }
    const missing = line.row[place.open_quantity] - line.row[place.promised_quantity];
    if (missing > 0) list.append(element("li", `${whole(missing)} without a date in this plan`));
    inside.append(list);
    cell.append(inside);
    made.append(cell);
    return made;
  };

  const body = byId("order-table").tBodies[0];
  const heads = [...document.querySelectorAll("#order-table thead th")];
  const chips = [...document.querySelectorAll(".chips button")];
  const cut = orders.total - lines.length;
  const show = () => {
    const matching = lines.filter((line) => state.words.every((part) => line.text.includes(part)));
    for (const chip of chips) {
      const count = matching.filter((line) => line.status === chip.dataset.status).length;
      // Where the page lacks lines, a count of what it has would pass for the plan's.
      const all = orders.by_status[chip.dataset.status] || 0;
      chip.querySelector(".count").textContent = cut && !state.words.length
        ? `${whole(count)} of ${whole(all)}` : whole(count);
      chip.setAttribute("aria-pressed", String(state.status === chip.dataset.status));
    }
    const found = sorted(matching.filter((line) => !state.status || line.status === state.status));
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    const start = state.page * PAGE;
    const rows = [];
    for (const line of found.slice(start, start + PAGE)) {
      rows.push(rowOf(line));
      if (state.open.has(line.place)) rows.push(shipmentsOf(line));
    }
    body.replaceChildren(...rows);
    const dollars = found.reduce((sum, line) => sum + line.row[place.open_cents], 0);
    const rest = cut ? `; ${whole(cut)} lines with smaller amounts are not in this page and are not searched` : "";
    byId("found").textContent = found.length === lines.length
      ? `Showing ${whole(lines.length)}${cut ? ` of ${whole(orders.total)}` : ""} lines, ${money(dollars)}${rest}`
      : `${whole(found.length)} of ${whole(lines.length)} lines in this page match, ${money(dollars)}${rest}`;
    byId("page").textContent = found.length
      ? `${whole(start + 1)} to ${whole(Math.min(start + PAGE, found.length))} of ${whole(found.length)}`
      : cut ? "No line in this page matches" : "No line matches";
    byId("before").disabled = state.page === 0;
    byId("after").disabled = state.page >= pages - 1;
    for (const head of heads) {
      const way = head.dataset.column !== state.column ? "none" : state.down ? "descending" : "ascending";
      head.setAttribute("aria-sort", way);
    }
  };

  byId("search").addEventListener("input", (event) => {
    state.words = event.target.value.toLowerCase().split(/\s+/).filter((part) => part && part !== "/");
    state.page = 0;
    show();
  });
  chips.forEach((chip) => chip.addEventListener("click", () => {
    state.status = state.status === chip.dataset.status ? null : chip.dataset.status;
    state.page = 0;
    show();
  }));
  heads.forEach((head) => head.querySelector("button").addEventListener("click", () => {
    const { column } = head.dataset;
    state.down = state.column === column ? !state.down : DESCENDING_FIRST.has(column);
    state.column = column;
    state.page = 0;
    show();
  }));
  body.addEventListener("click", (event) => {
    const opener = event.target.closest(".open-row");
    if (!opener) return;
    const key = Number(opener.dataset.place);
    if (!state.open.delete(key)) state.open.add(key);
    show();
    body.querySelector(`.open-row[data-place="${key}"]`).focus();
  });
  const turn = (step) => {
    state.page += step;
    show();
    byId("order-table").scrollIntoView({ block: "nearest" });
  };
  byId("before").addEventListener("click", () => turn(-1));
  byId("after").addEventListener("click", () => turn(1));
  show();
})();
