// Uploads in pieces (tus 1.0): a broken connection goes on where it stopped, also after the page was closed.
(() => {
  "use strict";
  const form = document.querySelector("form[data-drop]");
  if (!form) return;
  const list = form.querySelector("[data-uploads]");
  const input = form.querySelector("input[type=file]");
  const PIECE = 4 * 1024 * 1024;
  const RETRIES = 8;
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const tus = { "Tus-Resumable": "1.0.0" };

  const row = (name) => {
    const item = document.createElement("li");
    item.innerHTML = '<div class="row"><b></b><span class="sp"></span><span class="pill accent"></span></div><div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><i></i></div>';
    item.querySelector("b").textContent = name;
    const [pill, bar] = [item.querySelector(".pill"), item.querySelector(".bar")];
    bar.setAttribute("aria-label", name);
    list.prepend(item);
    return {
      show(share, text) {
        const percent = Math.round(share * 100);
        bar.setAttribute("aria-valuenow", percent);
        bar.firstElementChild.style.width = `${percent}%`;
        pill.textContent = text ?? `${percent} %`;
      },
      fail(why) {
        pill.className = "pill bad";
        pill.textContent = "not taken";
        const words = document.createElement("p");
        words.className = "why";
        words.textContent = why;
        bar.replaceWith(words);
      },
    };
  };

  const refusal = async (answer) => {
    const problem = await answer.json().catch(() => null);
    const error = new Error(problem?.detail ?? "The server did not take it. Try again.");
    error.status = answer.status;
    return error;
  };

  const begin = async (file) => {
    const headers = { ...tus, "Upload-Length": String(file.size), "Upload-Metadata": `filename ${encoded(file.name)}` };
    const answer = await fetch("/api/v1/media/uploads", { method: "POST", headers });
    if (!answer.ok) throw await refusal(answer);
    return answer.headers.get("Location");
  };

  const offsetAt = async (place) => {
    const answer = await fetch(place, { method: "HEAD", headers: tus });
    return answer.ok ? Number(answer.headers.get("Upload-Offset")) : null;
  };

  const send = async (file, shown) => {
    const key = `upload:${file.name}:${file.size}:${file.lastModified}`;
    let place = localStorage.getItem(key);
    let offset = place ? await offsetAt(place).catch(() => null) : null;
    if (offset === null) {
      place = await begin(file);
      localStorage.setItem(key, place);
      offset = 0;
    }
    let failures = 0;
    while (offset < file.size) {
      shown.show(offset / file.size);
      try {
        const headers = { ...tus, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
        const answer = await fetch(place, { method: "PATCH", headers, body: file.slice(offset, offset + PIECE) });
        if (answer.ok) {
          offset = Number(answer.headers.get("Upload-Offset"));
          failures = 0;
          continue;
        }
        if (answer.status !== 409 && answer.status < 500) {
          localStorage.removeItem(key);
          throw await refusal(answer);
        }
      } catch (error) {
        if (error.status) throw error;
      }
      failures += 1;
      if (failures > RETRIES) throw new Error("The connection broke. Choose the file again: it goes on where it stopped.");
      shown.show(offset / file.size, "waiting for the connection");
      await wait(Math.min(1000 * 2 ** failures, 20000));
      offset = (await offsetAt(place).catch(() => offset)) ?? offset;
    }
    localStorage.removeItem(key);
    shown.show(1, "being looked at");
    for (;;) {
      const answer = await fetch(place);
      if (!answer.ok) return;
      const upload = await answer.json();
      if (upload.state === "done") return;
      if (upload.state === "failed") throw new Error(upload.failure ?? "It could not be looked at.");
      await wait(700);
    }
  };

  const take = async (files) => {
    let failed = false;
    await Promise.all([...files].map(async (file) => {
      const shown = row(file.name);
      try {
        await send(file, shown);
        shown.show(1, "ready");
      } catch (error) {
        failed = true;
        shown.fail(error.message);
      }
    }));
    form.reset();
    form.querySelectorAll("button[disabled]").forEach((button) => { button.disabled = false; });
    if (!failed) location.assign("/media");
  };

  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    take(input.files);
  });
  input.addEventListener("change", () => { if (input.files.length) form.requestSubmit(); });
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  };
  document.addEventListener("dragenter", over);
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    form.classList.remove("over");
    take(event.dataTransfer.files);
  });
})();
