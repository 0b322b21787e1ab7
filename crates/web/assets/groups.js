// What a rule would find, while it is typed. The button "Preview" does the same without this.
(() => {
  "use strict";
  const form = document.querySelector("form[data-rule]");
  if (!form) return;
  const place = document.querySelector("[data-preview]");
  let timer;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.rule, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      // A later question has overtaken this one.
      if (mine === asked) place.innerHTML = html;
    } catch {
      if (mine === asked) place.textContent = "The preview could not be read; it is asked again as you type.";
    }
    if (mine === asked) place.classList.remove("stale");
  };
  form.addEventListener("input", () => {
    place.classList.add("stale");
    clearTimeout(timer);
    timer = setTimeout(ask, 300);
  });
  form.querySelector("button[value=preview]").addEventListener("click", (event) => {
    if (!form.reportValidity()) return;
    event.preventDefault();
    clearTimeout(timer);
    ask();
  });
})();
