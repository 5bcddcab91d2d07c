// The reader's choice of colours, set before anything is drawn, and the button that changes it. What
// scrolls inside the page can be reached, and so scrolled, with the keyboard.
"use strict";
(function () {
  const SCHEMES = ["auto", "light", "dark"];
  const WORDS = { auto: "as the system", light: "light", dark: "dark" };
  const root = document.documentElement;
  const stored = () => {
    try {
      const scheme = localStorage.getItem("scheme");
      return SCHEMES.includes(scheme) ? scheme : "auto";
    } catch {
      return "auto"; // a browser may refuse to store
    }
  };
  let scheme = stored();

  function show() {
    if (scheme === "auto") delete root.dataset.theme;
    else root.dataset.theme = scheme;
    const said = document.querySelector(".scheme .said");
    if (said) said.textContent = `Colours: ${WORDS[scheme]}`;
  }

  function reachScrollers() {
    for (const box of document.querySelectorAll("pre, .table-scroll, .cell_output, .katex-display")) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  show();
  addEventListener("load", reachScrollers);
  addEventListener("resize", reachScrollers);
  addEventListener("toggle", reachScrollers, true); // code that is unfolded
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector(".scheme");
    button.hidden = false;
    button.title = "Colours: as the system, light, dark";
    show();
    button.addEventListener("click", () => {
      scheme = SCHEMES[(SCHEMES.indexOf(scheme) + 1) % SCHEMES.length];
      try {
        localStorage.setItem("scheme", scheme);
      } catch {
        // the choice holds for this page
      }
      show();
    });
  });
})();
