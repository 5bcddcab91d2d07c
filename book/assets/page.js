// The reader's choice of colours, set before anything is drawn, and the button that changes it.
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

  show();
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
