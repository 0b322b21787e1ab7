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
  for (const form of document.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", (event) => {
      if (!confirm(form.dataset.confirm)) event.preventDefault();
    });
  }
  // A second click must not send a form twice.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((b) => { b.disabled = true; }), 0);
    });
  }
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("button[disabled]").forEach((b) => { b.disabled = false; });
  });

  // Compose: the server counts and checks while you write, by the same rules as when you send.
  const compose = document.querySelector("form[data-check]");
  if (compose) {
    const findings = document.querySelector("[data-findings]");
    let timer, running;
    const check = async () => {
      running?.abort();
      running = new AbortController();
      try {
        const body = new URLSearchParams(new FormData(compose));
        const answer = await fetch(compose.dataset.check, { method: "POST", body, signal: running.signal });
        if (!answer.ok) return;
        const result = await answer.json();
        for (const item of result.lengths) {
          const place = document.querySelector(`[data-length="${item.integrationId}"]`);
          if (!place) continue;
          place.textContent = `${item.length} / ${item.limit}`;
          place.classList.toggle("over", item.length > item.limit);
        }
        findings.replaceChildren(...result.findings.map((finding) => {
          const line = document.createElement("div");
          line.className = `finding ${finding.severity}`;
          line.textContent = finding.suggestion ? `${finding.message} ${finding.suggestion}` : finding.message;
          return line;
        }));
        const when = document.querySelector("[data-when]");
        if (when) when.textContent = result.when ?? "";
      } catch (error) {
        if (error.name !== "AbortError") findings.textContent = "Rookery does not answer; your text is kept here.";
      }
    };
    const soon = () => { clearTimeout(timer); timer = setTimeout(check, 200); };
    compose.addEventListener("input", soon);
    compose.addEventListener("change", soon);
    const at = compose.querySelector("input[type=datetime-local]");
    at?.addEventListener("input", () => { compose.querySelector("input[name=schedule][value=at]").checked = true; });
    check();
  }

  // Something is under way: look again without a click.
  const live = document.querySelector("[data-refresh]");
  if (live) {
    setTimeout(() => { if (!document.hidden) location.reload(); }, Number(live.dataset.refresh) * 1000);
  }
})();
