// Improves pages about numbers: filters that act at once, charts that can be pointed at and saved. All of it works
// without: filters are a form, charts have a table behind them.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  // --- charts ---------------------------------------------------------------------------------------------------
  const shown = (element) => element.getBoundingClientRect().width > 0;

  function pointable(plot) {
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    tip.setAttribute("role", "status");
    plot.append(tip);
    for (const svg of plot.querySelectorAll("svg[data-chart]")) {
      const hits = [...svg.querySelectorAll(".hit")];
      if (hits.length === 0) continue;
      for (const hit of hits) {
        const title = hit.querySelector("title");
        hit.dataset.tip = title ? title.textContent : "";
        title?.remove();
      }
      svg.querySelectorAll("[data-note] title").forEach((title) => title.remove());
      const rule = document.createElementNS(SVG, "line");
      rule.setAttribute("stroke", "var(--ink-3)");
      rule.setAttribute("data-rule", "");
      rule.style.display = "none";
      svg.insertBefore(rule, hits[0]);
      let at = -1;
      const show = (index) => {
        at = Math.min(Math.max(index, 0), hits.length - 1);
        const hit = hits[at];
        tip.textContent = hit.dataset.tip;
        tip.hidden = false;
        const area = hit.getBoundingClientRect(), room = plot.getBoundingClientRect();
        const middle = area.left + area.width / 2 - room.left;
        tip.style.left = `${Math.min(Math.max(middle - tip.offsetWidth / 2, 0), Math.max(room.width - tip.offsetWidth, 0))}px`;
        const above = area.top - room.top - tip.offsetHeight - 6;
        tip.style.top = hit.dataset.x ? `${area.top - room.top + 4}px` : `${above > 0 ? above : area.bottom - room.top + 6}px`;
        if (hit.dataset.x) {
          // Beside the line that it stands for, not over it.
          const beside = middle + 10 + tip.offsetWidth > room.width ? middle - 10 - tip.offsetWidth : middle + 10;
          tip.style.left = `${Math.max(beside, 0)}px`;
          for (const [name, value] of [["x1", hit.dataset.x], ["x2", hit.dataset.x], ["y1", hit.getAttribute("y")],
            ["y2", Number(hit.getAttribute("y")) + Number(hit.getAttribute("height"))]]) rule.setAttribute(name, value);
          rule.style.display = "";
        }
      };
      const hide = () => { tip.hidden = true; rule.style.display = "none"; at = -1; };
      svg.addEventListener("pointermove", (event) => { const index = hits.indexOf(event.target); if (index >= 0) show(index); });
      svg.addEventListener("pointerdown", (event) => { const index = hits.indexOf(event.target); if (index >= 0) show(index); });
      svg.addEventListener("pointerleave", hide);
      svg.setAttribute("tabindex", "0");
      svg.setAttribute("aria-keyshortcuts", "ArrowLeft ArrowRight Home End Escape");
      const wide = hits[0].dataset.x ? 1 : 24;
      svg.addEventListener("keydown", (event) => {
        const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? hits.length - 1 : at - 1, ArrowDown: at + wide, ArrowUp: at - wide, Home: 0, End: hits.length - 1 }[event.key];
        if (event.key === "Escape") return hide();
        if (to === undefined || (wide === 1 && event.key.startsWith("Arrow") && (event.key === "ArrowDown" || event.key === "ArrowUp"))) return;
        event.preventDefault();
        show(to);
      });
      svg.addEventListener("blur", hide);
    }
  }

  // A copy that stands alone: colours are those of the page as it is, the legend and a title are written into it.
  function alone(plot) {
    const svg = [...plot.querySelectorAll("svg[data-chart]")].find(shown);
    const copy = svg.cloneNode(true);
    const originals = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
    originals.forEach((element, index) => {
      const style = getComputedStyle(element);
      for (const name of ["fill", "stroke"]) {
        if ((element.getAttribute(name) ?? "").includes("var(")) copies[index].setAttribute(name, style[name]);
      }
    });
    copy.querySelectorAll(".hit, [data-rule]").forEach((element) => { if (!element.dataset.x && element.matches(".hit")) { element.removeAttribute("class"); } else element.remove(); });
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const legend = [...plot.querySelectorAll("[data-legend] span")];
    const head = 34, foot = legend.length > 0 ? 8 + 18 * Math.ceil(legend.length / 3) : 0;
    const page = getComputedStyle(document.body), ink = page.color;
    const surface = getComputedStyle(plot.closest(".card") ?? document.body).backgroundColor;
    const made = (name, attributes, text) => {
      const element = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      if (text) element.textContent = text;
      return element;
    };
    copy.setAttribute("viewBox", `0 ${-head} ${width} ${height + head + foot}`);
    copy.setAttribute("width", width);
    copy.setAttribute("height", height + head + foot);
    copy.setAttribute("xmlns", SVG);
    copy.setAttribute("font-family", "system-ui, sans-serif");
    copy.removeAttribute("tabindex");
    copy.insertBefore(made("rect", { x: 0, y: -head, width, height: height + head + foot, fill: surface }), copy.firstChild);
    copy.append(made("text", { x: 10, y: -12, "font-size": 14, "font-weight": 600, fill: ink }, plot.dataset.name));
    legend.forEach((entry, index) => {
      const swatch = entry.querySelector(".swatch");
      const x = 10 + (index % 3) * (width / 3), y = height + 14 + 18 * Math.floor(index / 3);
      if (swatch) copy.append(made("rect", { x, y: y - 9, width: 10, height: 10, rx: 3, fill: getComputedStyle(swatch).backgroundColor }));
      copy.append(made("text", { x: x + (swatch ? 16 : 0), y, "font-size": 12, fill: ink }, entry.textContent.trim().slice(0, 40)));
    });
    return { text: new XMLSerializer().serializeToString(copy), width, height: height + head + foot };
  }

  function save(name, url) {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
  }

  function fileName(plot, ending) {
    return `${plot.dataset.name.normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase() || "chart"}.${ending}`;
  }

  async function saveAs(plot, kind) {
    const { text, width, height } = alone(plot);
    const data = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    if (kind === "svg") return save(fileName(plot, "svg"), data);
    const picture = new Image();
    picture.src = data;
    await picture.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width * 2;
    canvas.height = height * 2;
    const context = canvas.getContext("2d");
    context.scale(2, 2);
    context.drawImage(picture, 0, 0, width, height);
    save(fileName(plot, "png"), canvas.toDataURL("image/png"));
  }

  function charts(root) {
    root.querySelectorAll("[data-plot]").forEach(pointable);
    for (const tools of root.querySelectorAll("[data-tools]")) {
      const plot = tools.closest(".card").querySelector("[data-plot]");
      for (const button of tools.querySelectorAll("[data-save]")) {
        button.hidden = !plot;
        button.addEventListener("click", () => saveAs(plot, button.dataset.save));
      }
    }
  }

  // --- filters --------------------------------------------------------------------------------------------------
  const form = document.querySelector("form[data-live]");
  const own = form?.querySelector("[data-own-days]");
  const range = form?.querySelector("[data-range]");
  const days = () => { if (own) own.hidden = range.value !== ""; };

  if (form) {
    form.querySelectorAll("[data-plain]").forEach((button) => { button.hidden = true; });
    days();
    let timer, asked;
    const refresh = async (address, push) => {
      asked?.abort();
      asked = new AbortController();
      const area = document.getElementById(form.dataset.live), status = document.querySelector("[data-status]");
      area.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(address, { signal: asked.signal, headers: { accept: "text/html" } });
        if (answer.redirected) return location.assign(address);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(form.dataset.live);
        if (!fresh) return location.assign(address);
        area.replaceWith(fresh);
        charts(fresh);
        choosable(fresh);
        if (push) history.replaceState(null, "", address);
        if (status) status.textContent = "The figures are new.";
      } catch (error) {
        if (error.name !== "AbortError") { area.removeAttribute("aria-busy"); if (status) status.textContent = "The figures could not be read. Try again."; }
      }
    };
    const address = () => {
      const words = new URLSearchParams();
      for (const [name, value] of new FormData(form)) {
        if (value === "" && name !== "range") continue;
        if ((name === "startDate" || name === "endDate") && range?.value !== "") continue;
        if (name === "range" && value === "") continue;
        words.append(name, value);
      }
      const query = words.toString();
      return query ? `${form.getAttribute("action")}?${query}` : form.getAttribute("action");
    };
    const soon = () => {
      days();
      clearTimeout(timer);
      // Own days need both of them.
      if (range?.value === "" && !(form.elements.startDate?.value && form.elements.endDate?.value)) return;
      timer = setTimeout(() => refresh(address(), true), 300);
    };
    form.addEventListener("change", soon);
    form.addEventListener("input", (event) => { if (event.target.matches("[type=search]")) soon(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); refresh(address(), true); });
  }
  charts(document);

  // --- rows that can be chosen ------------------------------------------------------------------------------------
  // Everything works without: rows have boxes of their own. With it one box takes the page, and the number is told.
  function choosable(root) {
    root.querySelectorAll("[data-pick-all]").forEach((box) => { box.hidden = false; });
    root.querySelectorAll("form[data-bulk]").forEach(told);
  }

  function told(form) {
    const boxes = [...form.querySelectorAll("input[name=item]")];
    const chosen = boxes.filter((box) => box.checked).length, all = form.elements.all?.checked;
    const whole = form.querySelector("[data-pick-all]");
    whole.checked = chosen === boxes.length && chosen > 0;
    whole.indeterminate = chosen > 0 && chosen < boxes.length;
    form.querySelector("[data-picked]").textContent = all ? "all that match" : chosen > 0 ? `${chosen} chosen` : "";
    if (chosen > 0 || all) form.querySelector("details").open = true;
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-bulk]");
    if (!form) return;
    if (event.target.matches("[data-pick-all]")) {
      form.querySelectorAll("input[name=item]").forEach((box) => { box.checked = event.target.checked; });
    }
    told(form);
  });
  choosable(document);

  // --- lists ----------------------------------------------------------------------------------------------------
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea")) return;
    const rows = [...document.querySelectorAll("[data-rows] [data-row]")];
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); }
    }
    if (event.key === "x") {
      const box = document.activeElement?.closest("tr")?.querySelector("input[name=item]");
      if (box) { event.preventDefault(); box.click(); }
    }
    if (rows.length === 0 || (event.key !== "j" && event.key !== "k")) return;
    const at = rows.indexOf(document.activeElement?.closest("tr")?.querySelector("[data-row]"));
    rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)].focus();
  });
})();
