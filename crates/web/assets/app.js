// Improves the pages; every page works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = localStorage.getItem("theme");
  if (stored) root.dataset.theme = stored;
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("theme", root.dataset.theme);
    });
  }
  // On a telephone the rail is a row: the page that is shown stands in it where one sees it.
  const rail = document.querySelector(".nav"), here = rail?.querySelector("[aria-current=page]");
  if (here && rail.scrollWidth > rail.clientWidth) rail.scrollLeft = here.offsetLeft - (rail.clientWidth - here.offsetWidth) / 2;
  for (const form of document.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", (event) => {
      if (!confirm(form.dataset.confirm)) event.preventDefault();
    });
  }
  // A second click must not send a form twice.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((b) => {
        b.disabled = true;
        if (b.dataset.busy) { b.setAttribute("aria-live", "polite"); b.textContent = b.dataset.busy; }
      }), 0);
    });
  }
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("button[disabled]").forEach((b) => { b.disabled = false; });
  });

  // Something is under way: look again without a click.
  const live = document.querySelector("[data-refresh]");
  if (live) {
    setTimeout(() => { if (!document.hidden) location.reload(); }, Number(live.dataset.refresh) * 1000);
  }
})();
