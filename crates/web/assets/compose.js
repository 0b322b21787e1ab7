// The editor. Every button works without this; here the server's answers arrive without a new page.
(() => {
  "use strict";
  const form = document.querySelector("form[data-compose]");
  if (!form) return;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const places = ["accountIds", "scheduledAt", "media", "link", "followUps", "expiresAt", "options"];
  const body = (submitter) => new URLSearchParams(new FormData(form, submitter));
  const kept = one("[data-kept]");

  // What is shown follows from what is chosen.
  const follow = () => {
    const chosen = all("input[name=account]:checked", form);
    const ids = new Set(chosen.map((box) => box.value));
    const networks = new Set(chosen.map((box) => box.dataset.network));
    for (const tab of all("[data-tab-of]", form)) {
      const hide = !ids.has(tab.dataset.tabOf);
      tab.hidden = hide;
      tab.nextElementSibling.hidden = hide;
      if (hide && tab.checked) one("#tab-all").checked = true;
    }
    const groups = all("[data-options]", form);
    for (const group of groups) group.hidden = !networks.has(group.dataset.options);
    for (const card of all("[data-all-options]", form)) card.hidden = groups.every((group) => group.hidden);
    for (const mark of all("[data-differs]", form)) {
      mark.hidden = !all(`[data-own="${mark.dataset.differs}"]`, form).some((field) => field.value.trim());
    }
    const at = one("input[name=at]", form);
    for (const slot of all("button[value=slot]", form)) slot.disabled = ids.size === 0 || !at;
    offer();
  };

  // Some networks want to be asked, before every post, what an account may choose. Of several accounts all must allow it.
  const asked = new Map();
  const ask = (id) => {
    if (!asked.has(id)) {
      const answer = fetch(`/compose/choices/${id}`).then((a) => (a.ok ? a.json() : undefined)).catch(() => undefined);
      asked.set(id, answer);
    }
    return asked.get(id);
  };
  const offer = async () => {
    for (const group of all("[data-asks]", form)) {
      const network = group.dataset.options;
      const chosen = () => all(`input[name=account][data-network="${network}"]:checked`, form).map((box) => box.value);
      const ids = chosen();
      const told = (await Promise.all(ids.map(ask))).filter(Boolean);
      if (ids.join() !== chosen().join()) continue;
      one("[data-whose]", group).textContent = told.length === ids.length
        ? told.map((t) => t.whose ?? "").join(" ") : "The network did not say what may be chosen; it is asked again when the post is sent.";
      for (const field of all("select, input[type=checkbox]", group)) {
        const name = field.name.slice(`option-${network}-`.length);
        if (field.type === "checkbox") {
          field.disabled = told.some((t) => t.closed.includes(name));
          if (field.disabled) field.checked = false;
        } else {
          for (const value of field.options) {
            const isTaken = told.some((t) => t.allowed[name] && !t.allowed[name].includes(value.value));
            value.disabled = Boolean(value.value) && isTaken;
            if (value.disabled && value.selected) field.value = "";
          }
        }
      }
    }
  };

  const line = (finding) => {
    const row = document.createElement("div");
    row.className = `finding ${finding.severity}`;
    row.textContent = finding.suggestion ? `${finding.message} ${finding.suggestion}` : finding.message;
    if (finding.postId) {
      const link = document.createElement("a");
      link.className = "link";
      link.href = `/posts/${finding.postId}`;
      link.textContent = "See that post";
      row.append(" ", link);
    }
    return row;
  };

  // The server counts and checks by the rules that hold when it is sent.
  let timer, running;
  const check = async () => {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(form.dataset.compose, { method: "POST", body: body(), signal: running.signal });
      if (!answer.ok) return;
      const result = await answer.json();
      const counted = new Map(result.accounts.map((account) => [account.integrationId, account]));
      for (const place of all("[data-length]", form)) {
        const account = counted.get(place.dataset.length);
        place.dataset.limit ||= place.textContent.split("/").pop().trim();
        place.textContent = account ? `${account.used} / ${account.limit}` : place.dataset.limit;
        place.classList.toggle("over", Boolean(account) && account.used > account.limit);
      }
      for (const place of all("[data-part-count]", form)) {
        const at = Number(place.dataset.partCount);
        const tight = [...result.accounts].sort((a, b) => (b.parts[at] ?? 0) / b.limit - (a.parts[at] ?? 0) / a.limit)[0];
        place.textContent = tight ? `${tight.parts[at] ?? 0} / ${tight.limit}` : "";
      }
      for (const place of all("[data-findings]")) {
        const field = place.dataset.findings;
        const its = result.findings.filter((f) => (places.includes(f.field) ? f.field : "content") === field);
        place.replaceChildren(...its.map(line));
      }
      const when = one("[data-when]");
      if (when) when.textContent = result.when ?? "";
      const previews = one("[data-previews]");
      if (result.previews.trim()) previews.innerHTML = result.previews;
      else previews.innerHTML = '<p class="faint">Choose accounts to see how the post will look there.</p>';
      broken(previews);
    } catch (error) {
      if (error.name !== "AbortError") one("[data-findings=content]").textContent = "Rookery does not answer; your text is kept here.";
    }
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(check, 200); };

  // A file without a small picture shows its kind alone.
  const broken = (root) => {
    for (const img of all("img", root)) img.addEventListener("error", () => img.classList.add("broken"), { once: true });
  };

  // Two seconds after the last change everything is kept as a draft. One save at a time: the next begins where it ended.
  let idle, waiting, saving = false, again = false, stopped = false;
  const field = (name) => one(`input[type=hidden][name=${name}]`, form);
  const conflict = (told) => {
    stopped = true;
    const box = one("[data-conflict]");
    one("[data-theirs]", box).textContent = told.theirs;
    one("[data-keep-mine]", box).value = told.revision;
    one("[data-take-theirs]", box).href = `/compose?post=${field("post").value}`;
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
    kept.textContent = "Not kept: somebody else saved meanwhile";
  };
  const keep = async () => {
    if (stopped || !form.dataset.keep) return;
    if (saving) { again = true; return; }
    const hasWords = one("#content").value.trim() || all("input[name=media]", form).length || field("post");
    if (!hasWords) return;
    saving = true;
    try {
      const answer = await fetch(form.dataset.keep, { method: "POST", body: body() });
      const result = await answer.json();
      if (answer.ok) {
        if (!field("post")) {
          form.insertAdjacentHTML("afterbegin", '<input type="hidden" name="post">');
          field("post").value = result.postId;
          form.action = `/posts/${result.postId}/edit`;
          history.replaceState(null, "", `/compose?post=${result.postId}`);
          one("[data-unfinished]")?.remove();
        }
        field("revision").value = result.revision;
        kept.textContent = result.saved;
      } else if (result.conflict) conflict(result.conflict);
      else kept.textContent = `Not kept: ${result.detail}`;
    } catch {
      kept.textContent = "Not kept: Rookery does not answer";
    }
    saving = false;
    if (waiting) { form.requestSubmit(waiting); return; }
    if (again) { again = false; later(); }
  };
  const later = () => { clearTimeout(idle); idle = setTimeout(keep, 2000); };
  const changed = () => { follow(); soon(); later(); };
  form.addEventListener("input", (event) => { if (event.target.name !== "tab") changed(); });
  form.addEventListener("change", (event) => { if (event.target.name !== "tab") changed(); });
  // A save under way ends first: otherwise the post would be made twice.
  form.addEventListener("submit", (event) => {
    clearTimeout(idle);
    stopped = true;
    if (!saving) return;
    event.preventDefault();
    waiting = event.submitter;
  }, true);
  one("input[name=at]", form)?.addEventListener("input", () => { one("input[name=schedule][value=at]", form).checked = true; });

  // Buttons that change the form: the server does it, and only the part they are about is exchanged.
  const exchange = async (button) => {
    const [verb, about] = button.value.split(":");
    const sort = verb.split("-")[0];
    if (sort === "check") return check();
    if (sort === "reset") {
      for (const typed of all(`[data-own="${about}"]`, form)) typed.value = "";
      one(`#own-text-${CSS.escape(about)}`).focus();
      return changed();
    }
    const answer = await fetch(form.action, { method: "POST", body: body(button) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (sort === "slot") {
      one("input[name=at]", form).value = one("input[name=at]", page).value;
      one("input[name=schedule][value=at]", form).checked = true;
      one("[data-when]").textContent = one("[data-when]", page).textContent;
      one("[data-findings=scheduledAt]").replaceChildren(...one("[data-findings=scheduledAt]", page).childNodes);
    } else if (sort === "label") {
      one("#labels").value = one("#labels", page).value;
      button.remove();
      one("#labels").focus();
    } else {
      const id = sort === "part" ? "parts" : "media";
      one(`#${id}`).replaceWith(one(`#${id}`, page));
      broken(one(`#${id}`));
      const next = verb === "part-add" ? all("#parts textarea").pop() : one(`button[value="${CSS.escape(button.value)}"]:not([disabled])`);
      (next ?? one(`#${id} button`))?.focus();
    }
    changed();
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=do]");
    if (!button || button.value === "save" || button.form !== form) return;
    event.preventDefault();
    exchange(button).catch(() => { form.requestSubmit(button); });
  });

  // Files are put into another order by dragging, too.
  let dragged;
  const item = (target) => target.closest?.("[data-media] > li");
  form.addEventListener("dragstart", (event) => { dragged = item(event.target); dragged?.classList.add("dragged"); });
  form.addEventListener("dragover", (event) => {
    const over = item(event.target);
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const { top, height } = over.getBoundingClientRect();
    over.parentNode.insertBefore(dragged, event.clientY > top + height / 2 ? over.nextSibling : over);
  });
  form.addEventListener("drop", (event) => event.preventDefault());
  form.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    dragged = undefined;
    // The buttons' numbers follow the order.
    all("[data-media] > li", form).forEach((li, at, list) => {
      for (const button of all("button[name=do]", li)) {
        const verb = button.value.split(":")[0];
        button.value = `${verb}:${at}`;
        button.disabled = (verb === "media-up" && at === 0) || (verb === "media-down" && at === list.length - 1);
      }
    });
    changed();
  });

  // The library in a dialog: a file is chosen by a click; searching and older files stay in the dialog.
  const dialog = one("[data-picker-dialog]");
  const look = async (address) => {
    const answer = await fetch(address).catch(() => undefined);
    if (!answer?.ok) { one(".by-id").open = true; one("[data-media-new]").focus(); return; }
    dialog.innerHTML = await answer.text();
    dialog.insertAdjacentHTML("beforeend", '<form method="dialog" class="row"><span class="sp"></span><button class="btn">Close</button></form>');
    if (!dialog.open) dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("a[data-picker]");
    const more = event.target.closest("[data-picker-more]");
    const file = event.target.closest("[data-media-id]");
    if (opener) { event.preventDefault(); look(opener.dataset.picker); }
    else if (more && dialog.contains(more)) { event.preventDefault(); look(more.href); }
    else if (file && dialog.contains(file)) {
      event.preventDefault();
      dialog.close();
      one("[data-media-new]").value = file.dataset.mediaId;
      one("button[value=media-add]").click();
    }
  });
  dialog.addEventListener("submit", (event) => {
    const search = event.target.closest("[data-picker-search]");
    if (!search) return;
    event.preventDefault();
    look(`${search.getAttribute("action")}?${new URLSearchParams(new FormData(search))}`);
  });

  follow();
  broken(form);
  check();
})();
