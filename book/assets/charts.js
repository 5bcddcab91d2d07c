// Replaces each static picture by the live chart when it comes near the screen.
// The Vega bundle is loaded once, and only then.
"use strict";
(function () {
  const here = document.currentScript.src;
  const BREAKPOINT = 560; // pixels; below it a chart takes its narrow layout
  let bundle = null;

  function vega() {
    bundle ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL("vendor/vega.js", here).href;
      script.onload = () => resolve(window.vegaEmbed);
      script.onerror = () => reject(new Error("could not load " + script.src));
      document.head.append(script);
    });
    return bundle;
  }

  async function draw(chart) {
    const narrow = chart.clientWidth < BREAKPOINT;
    if (chart.dataset.layout === String(narrow)) return;
    chart.dataset.layout = String(narrow);
    const specs = JSON.parse(chart.querySelector(".chart-spec").textContent);
    const spec = narrow ? { ...specs.wide, ...specs.narrow } : specs.wide;
    const embed = await vega();
    const live = document.createElement("div");
    const controls = document.createElement("div");
    const view = chart.querySelector(".chart-view");
    const result = await embed(live, spec, { renderer: "svg", actions: false, bind: controls });
    if (chart.view) {
      for (const { name, bind } of spec.params ?? []) {
        if (bind) result.view.signal(name, chart.view.signal(name));
      }
      chart.view.finalize();
      await result.view.runAsync();
    }
    chart.view = result.view;
    view.setAttribute("role", "figure");
    view.replaceChildren(live);
    chart.querySelector(".chart-controls").replaceChildren(controls);
    chart.classList.add("chart-live");
  }

  const charts = document.querySelectorAll(".chart");
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        near.unobserve(entry.target);
        draw(entry.target).then(() => resized.observe(entry.target));
      }
    },
    { rootMargin: "300px" },
  );
  const resized = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target)));
  charts.forEach((chart) => near.observe(chart));
})();
