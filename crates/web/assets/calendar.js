// Moves posts in the calendar by pointer, touch and keyboard. Without it the links and forms of the page do the same.
(() => {
  "use strict";
  const place = () => document.querySelector("[data-calendar]");
  if (!place()) return;
  const live = document.querySelector("[data-announce]");
  const toast = document.querySelector("[data-toast]");
  const ready = () => place().querySelectorAll("[data-with-script]").forEach((e) => { e.hidden = false; });
  ready();

  // Local times are reckoned as if they were UTC: the server knows the zone and its jumps.
  const read = (local) => new Date(`${local}:00Z`);
  const write = (time) => time.toISOString().slice(0, 16);
  const words = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
  const spoken = (local) => words.format(read(local));
  const say = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 20); };

  let last = null; // the move that can be undone
  const show = (text, undo) => {
    toast.replaceChildren(document.createTextNode(text));
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.undo = "";
      button.textContent = "Undo";
      toast.append(button);
    }
    toast.hidden = false;
    say(undo ? `${text} Press u to undo.` : text);
  };

  const refresh = async (id) => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-calendar]");
    if (!fresh) return;
    place().replaceWith(fresh);
    ready();
    document.querySelector(`[data-entry="${id}"]`)?.focus();
  };

  const send = async (id, body) => {
    const answer = await fetch(`/api/v1/publications/${id}/move`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    const result = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(result.findings?.[0]?.message ?? result.detail ?? "It could not be moved.");
    return result;
  };

  const move = async (entry, local) => {
    const { entry: id, at, title } = entry.dataset;
    if (entry.dataset.local === local) { say("It stays where it is."); return; }
    try {
      const result = await send(id, { localTime: local });
      const note = { skipped: " Clocks jump over that time; it goes out right after.", repeated: " That time happens twice; the first is meant." }[result.timeNote] ?? "";
      last = { id, at, title };
      await refresh(id);
      show(`“${title}” moved to ${spoken(local)}.${note}`, true);
    } catch (error) {
      show(error instanceof TypeError ? "Rookery does not answer; nothing was moved." : error.message, false);
    }
  };

  const undo = async () => {
    if (!last) return;
    const { id, at, title } = last;
    last = null;
    try {
      await send(id, { at });
      await refresh(id);
      show(`“${title}” is back where it was.`, false);
    } catch (error) {
      show(error.message, false);
    }
  };

  toast.addEventListener("click", (event) => { if (event.target.closest("[data-undo]")) undo(); });

  // What lies under a point, or has this time.
  const cellAt = (x, y) => document.elementFromPoint(x, y)?.closest("[data-calendar] [data-date]") ?? null;
  const cellOf = (local) => {
    const day = `[data-calendar] [data-date="${local.slice(0, 10)}"]`;
    return document.querySelector(`${day}[data-hour="${Number(local.slice(11, 13))}"]`) ?? document.querySelector(`${day}:not([data-hour])`);
  };
  const mark = (cell) => {
    document.querySelectorAll(".is-target").forEach((e) => { if (e !== cell) e.classList.remove("is-target"); });
    cell?.classList.add("is-target");
  };
  // A day keeps the time of day; an hour keeps the minutes.
  const timeIn = (cell, local) => {
    const hour = cell.dataset.hour === undefined ? local.slice(11, 13) : cell.dataset.hour.padStart(2, "0");
    return `${cell.dataset.date}T${hour}:${local.slice(14, 16)}`;
  };

  // Pointer: a mouse drags at once, a finger after resting, so that it can still scroll.
  const HOLD = 350, FAR = 6;
  let drag = null, dragged = false;
  const begin = () => {
    drag.active = true;
    drag.ghost = drag.entry.cloneNode(true);
    drag.ghost.removeAttribute("data-entry");
    drag.ghost.classList.add("drag-ghost", "slot");
    drag.ghost.style.width = `${Math.min(220, drag.entry.offsetWidth)}px`;
    document.body.append(drag.ghost);
    document.body.classList.add("is-dragging");
    drag.entry.classList.add("is-dragged");
    follow(drag.x, drag.y);
  };
  const follow = (x, y) => {
    drag.ghost.style.left = `${x + 8}px`;
    drag.ghost.style.top = `${y + 8}px`;
    drag.cell = cellAt(x, y);
    mark(drag.cell);
  };
  const end = () => {
    clearTimeout(drag.timer);
    drag.ghost?.remove();
    drag.entry.classList.remove("is-dragged");
    document.body.classList.remove("is-dragging");
    mark(null);
    drag = null;
  };
  document.addEventListener("pointerdown", (event) => {
    const entry = event.target.closest?.("[data-movable]");
    if (!entry || event.button !== 0 || !event.isPrimary || drag) return;
    drag = { entry, x: event.clientX, y: event.clientY, id: event.pointerId, active: false };
    if (event.pointerType !== "mouse") drag.timer = setTimeout(() => { if (drag && !drag.active) begin(); }, HOLD);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > FAR;
    if (!drag.active) {
      if (!far) return;
      if (event.pointerType !== "mouse") { end(); return; }
      begin();
    }
    follow(event.clientX, event.clientY);
  });
  document.addEventListener("pointerup", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const { active, cell, entry } = drag;
    end();
    if (!active) return;
    dragged = true;
    setTimeout(() => { dragged = false; }, 0);
    if (cell) move(entry, timeIn(cell, entry.dataset.local));
    else say("Dropped outside; it stays where it is.");
  });
  document.addEventListener("pointercancel", () => { if (drag) end(); });
  document.addEventListener("touchmove", (event) => { if (drag?.active) event.preventDefault(); }, { passive: false });
  document.addEventListener("contextmenu", (event) => { if (drag?.active) event.preventDefault(); });
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-movable]")) event.preventDefault(); });
  document.addEventListener("click", (event) => { if (dragged && event.target.closest?.("[data-entry]")) event.preventDefault(); }, true);

  // Keyboard: m picks up, arrows choose, Enter drops, Escape leaves all as it was.
  let picked = null;
  const drop = () => {
    picked?.entry.classList.remove("is-picked");
    mark(null);
    picked = null;
  };
  const STEPS = { ArrowLeft: -24, ArrowRight: 24 };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "Escape" && drag) { end(); say("Not moved."); return; }
    if (!picked) {
      if (typing) return;
      if (event.key === "u" && last) { event.preventDefault(); undo(); return; }
      if (event.key !== "m") return;
      const entry = document.activeElement?.closest?.("[data-entry]");
      if (!entry) return;
      event.preventDefault();
      if (entry.dataset.movable === undefined) { say("This one can no longer be moved."); return; }
      picked = { entry, local: entry.dataset.local };
      entry.classList.add("is-picked");
      const upDown = place().dataset.view === "month" ? "week" : "hour";
      say(`Picked up “${entry.dataset.title}”, ${spoken(picked.local)}. Left and right choose the day, up and down the ${upDown}, Enter drops, Escape cancels.`);
      return;
    }
    if (event.key === "Escape") { event.preventDefault(); drop(); say("Not moved."); return; }
    if (event.key === "Tab") { drop(); say("Not moved."); return; }
    if (event.key === "Enter") {
      event.preventDefault();
      const { entry, local } = picked;
      drop();
      move(entry, local);
      return;
    }
    const week = place().dataset.view === "month" ? 24 * 7 : 1;
    const hours = STEPS[event.key] ?? { ArrowUp: -week, ArrowDown: week }[event.key];
    if (hours === undefined) return;
    event.preventDefault();
    picked.local = write(new Date(read(picked.local).getTime() + hours * 3600e3));
    const cell = cellOf(picked.local);
    mark(cell);
    cell?.scrollIntoView({ block: "nearest" });
    say(spoken(picked.local));
  });
  document.addEventListener("focusout", () => { if (picked && document.activeElement !== picked.entry) setTimeout(() => { if (picked && document.activeElement !== picked.entry) drop(); }, 0); });
})();
