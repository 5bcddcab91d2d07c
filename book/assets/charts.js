// Replaces each static picture by the live chart when it comes near the screen.
// The Vega bundle is loaded once, and only then; so is what computes rows, if a chart needs it.
// The address keeps the controls that are moved, as #chart-name?control=position, and gives them back.
"use strict";
(function () {
  const here = document.currentScript.src;
  const { search: version } = new URL(here); // of all that this page loads
  const BREAKPOINT = 560; // pixels; up to it a chart takes its narrow layout, as in site.css
  const scripts = new Map();

  function load(address) {
    if (!scripts.has(address)) {
      const loaded = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = address;
        script.onload = resolve;
        script.onerror = () => {
          scripts.delete(address);
          script.remove();
          reject(new Error("could not load " + address));
        };
        document.head.append(script);
      });
      scripts.set(address, loaded);
    }
    return scripts.get(address);
  }

  async function vega() {
    await load(new URL("vendor/vega.js" + version, here).href);
    return window.vegaEmbed;
  }

  // A chart whose rows are computed anew, such as solutions of equations, has a script of its own.
  async function dynamics(chart) {
    await load(new URL("dynamics.js" + version, here).href);
    await load(new URL(chart.dataset.script + version, document.baseURI).href);
    return window.dongbeiDynamics;
  }

  const bound = (spec) => (spec.params ?? []).filter(({ bind }) => bind);

  // The position that an address asks for, if the control can take it.
  function asked(chart, { name, bind }) {
    const [id, query] = location.hash.slice(1).split("?");
    const text = id === chart.id ? new URLSearchParams(query).get(name) : null;
    if (text === null) return undefined;
    if (bind.options) return bind.options.includes(text) ? text : undefined;
    const number = Number(text);
    return text.trim() && number >= bind.min && number <= bind.max ? number : undefined;
  }

  // Some browsers refuse an address that changes a hundred times in a row.
  function later(work) {
    let waiting;
    return () => {
      clearTimeout(waiting);
      waiting = setTimeout(work, 250);
    };
  }

  function keepInAddress(chart, spec, controls) {
    const moved = new URLSearchParams();
    for (const { name, value } of bound(spec)) {
      const now = controls.querySelector(`[name="${CSS.escape(name)}"]`).value;
      if (now !== String(value)) moved.set(name, now);
    }
    history.replaceState(null, "", `#${chart.id}${moved.size ? `?${moved}` : ""}`);
  }

  async function draw(chart) {
    const narrow = chart.clientWidth <= BREAKPOINT;
    if (chart.dataset.layout === String(narrow)) return;
    chart.dataset.layout = String(narrow);
    const specs = JSON.parse(chart.querySelector(".chart-spec").textContent);
    const spec = narrow ? { ...specs.wide, ...specs.narrow } : specs.wide;
    const embed = await vega();
    const solver = chart.dataset.script && (await dynamics(chart));
    const table = solver && structuredClone(spec.datasets.table); // Vega marks the rows it is given
    const live = document.createElement("div");
    const controls = document.createElement("div");
    const view = chart.querySelector(".chart-view");
    const options = {
      renderer: "svg", actions: false, bind: controls, ast: true, defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    };
    const result = await embed(live, spec, options); // ast: expressions are interpreted, never made code
    const stale = () => chart.dataset.layout !== String(narrow); // resized meanwhile
    if (stale()) return result.view.finalize();
    for (const control of bound(spec)) {
      const position = chart.view ? chart.view.signal(control.name) : asked(chart, control);
      if (position !== undefined) result.view.signal(control.name, position);
    }
    await result.view.runAsync();
    if (solver) await solver.follow(chart.dataset.name, result.view, table);
    if (stale()) return result.view.finalize();
    chart.view?.finalize();
    chart.view = result.view;
    live.querySelector("svg").setAttribute("aria-hidden", "true"); // the view around it has the words
    view.setAttribute("role", "figure");
    view.replaceChildren(live);
    nameControls(controls);
    const focused = chart.contains(document.activeElement) && document.activeElement.name;
    chart.querySelector(".chart-controls").replaceChildren(controls);
    if (focused) controls.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
    controls.addEventListener("input", () => noteMoved(view), { once: true });
    controls.addEventListener("input", later(() => keepInAddress(chart, spec, controls)));
    const first = bound(spec).every(({ name, value }) => result.view.signal(name) === value);
    if (!first) noteMoved(view);
    chart.classList.add("chart-live");
  }

  // A slider says its value aloud with its name, as it stands beside it.
  function nameControls(controls) {
    for (const range of controls.querySelectorAll('input[type="range"]')) {
      const said = () => range.setAttribute("aria-valuetext", Number(range.value).toLocaleString("en"));
      range.addEventListener("input", said);
      said();
    }
  }

  // An address that is followed while the page is open moves the controls of its chart.
  async function follow() {
    const chart = document.getElementById(location.hash.slice(1).split("?")[0]);
    if (!chart?.view || !location.hash.includes("?")) return;
    const { wide } = JSON.parse(chart.querySelector(".chart-spec").textContent);
    for (const control of bound(wide)) chart.view.signal(control.name, asked(chart, control) ?? control.value);
    await chart.view.runAsync();
    nameControls(chart.querySelector(".chart-controls"));
    noteMoved(chart.querySelector(".chart-view"));
    chart.scrollIntoView();
  }

  // The alternative text holds the numbers of the first picture.
  function noteMoved(view) {
    const first = " (At the first values of the controls.)";
    const text = view.getAttribute("aria-label");
    if (!text.endsWith(first)) view.setAttribute("aria-label", text + first);
  }

  function drawOrKeep(chart) {
    return draw(chart).catch((error) => {
      delete chart.dataset.layout; // the static picture stays; a resize tries again
      console.error(error);
    });
  }

  const charts = document.querySelectorAll(".chart");
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        drawOrKeep(entry.target).then(() => resized.observe(entry.target));
      }
    },
    { rootMargin: "300px" },
  );
  const resized = new ResizeObserver((entries) => entries.forEach((entry) => drawOrKeep(entry.target)));
  charts.forEach((chart) => near.observe(chart));
  window.addEventListener("hashchange", follow);
  if (location.hash.includes("?")) document.getElementById(location.hash.slice(1).split("?")[0])?.scrollIntoView();
})();
