// Shows the OpenAPI document: operations by tag with parameters, bodies, answers and a curl example.
"use strict";

const METHODS = ["get", "post", "patch", "put", "delete"];
const DEPTH_MAX = 6;
const SECRET = "$ROOKERY_KEY";

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let doc;

/** An element with attributes and children; strings become text, never markup. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A paragraph; what stands between backticks is code. */
function prose(text, attributes = {}) {
  return el("p", attributes, text.split("`").map((part, n) => (n % 2 ? el("code", {}, part) : part)));
}

/** The schema behind a reference, and its name. */
function resolve(schema) {
  const name = schema?.$ref?.split("/").pop();
  return name ? { ...doc.components.schemas[name], name } : schema ?? {};
}

/** Null beside something is "or null"; what remains is the something. */
function withoutNull(schema) {
  const choices = schema.oneOf ?? schema.anyOf;
  if (!choices) return [schema, [].concat(schema.type ?? []).includes("null")];
  const rest = choices.filter((choice) => choice.type !== "null");
  return rest.length === 1 ? [{ ...rest[0], description: schema.description ?? rest[0].description }, rest.length < choices.length] : [schema, false];
}

/** All parts of an allOf as one object. */
function merged(schema) {
  if (!schema.allOf) return schema;
  const whole = { ...schema, type: "object", properties: {}, required: [] };
  for (const part of schema.allOf.map((one) => merged(resolve(one)))) {
    Object.assign(whole.properties, part.properties);
    whole.required.push(...(part.required ?? []));
  }
  return whole;
}

function typeWords(given) {
  const [inner, nullable] = withoutNull(given);
  const schema = merged(resolve(inner));
  const types = [].concat(schema.type ?? []).filter((type) => type !== "null");
  let words = types.join(" or ") || (schema.oneOf ? "one of several" : "anything");
  if (types[0] === "array") words = `list of ${typeWords(schema.items)}`;
  else if (schema.enum) words = schema.enum.filter((value) => value !== null).map((value) => JSON.stringify(value)).join(" | ");
  else if (schema.format) words = `${words} (${schema.format})`;
  return nullable ? `${words}, or null` : words;
}

/** The object inside a schema, through references, nulls and lists. */
function objectIn(given) {
  const schema = merged(resolve(withoutNull(given ?? {})[0]));
  return schema.items ? objectIn(schema.items) : schema.properties ? schema : null;
}

function field(name, schema, required, seen, description = schema.description) {
  const inner = objectIn(schema);
  const row = el("li", {}, el("code", {}, name), " ", el("span", { class: "type" }, typeWords(schema)));
  if (required) row.append(" ", el("span", { class: "need" }, "required"));
  const words = description ?? resolve(withoutNull(schema)[0]).description;
  if (words) row.append(prose(words));
  if (inner && seen.length < DEPTH_MAX && !seen.includes(inner.name)) {
    row.append(el("details", {}, el("summary", {}, "Fields"), fields(inner, seen.concat(inner.name ?? []))));
  }
  return row;
}

function fields(schema, seen = []) {
  const rows = Object.entries(schema.properties).map(([name, value]) => field(name, value, schema.required?.includes(name), seen));
  return el("ul", { class: "fields" }, rows);
}

function shown(schema) {
  const object = objectIn(schema);
  const words = typeWords(schema);
  const type = words === "object" ? [] : [el("p", { class: "faint" }, words)];
  return object ? [...type, fields(object, [object.name ?? ""])] : type;
}

/** A believable value. */
function example(given, depth = 0) {
  const schema = merged(resolve(withoutNull(given ?? {})[0]));
  if (schema.examples?.length) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  switch ([].concat(schema.type ?? [])[0]) {
    case "array": return depth < DEPTH_MAX ? [example(schema.items, depth + 1)] : [];
    case "integer": case "number": return 1;
    case "boolean": return false;
    case "object": {
      const required = schema.required ?? [];
      const names = Object.keys(schema.properties ?? {}).filter((name) => (required.length ? required.includes(name) : name === "at"));
      return Object.fromEntries(names.map((name) => [name, example(schema.properties[name], depth + 1)]));
    }
    default: return { uuid: "018f4e5a-0000-7000-8000-000000000000", password: "…", "date-time": "2026-03-02T09:00:00Z", date: "2026-03-02" }[schema.format] ?? "text";
  }
}

function curl(method, path, operation) {
  const needed = (operation.parameters ?? []).filter((one) => one.in === "query" && one.required);
  const query = needed.map((one) => `${one.name}=${example(one.schema)}`).join("&");
  const isOpen = operation.security?.length === 1 && Object.keys(operation.security[0]).length === 0;
  const lines = [`curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} '${location.origin}${path}${query && `?${query}`}'`];
  if (!isOpen) lines.push(`-H "Authorization: Bearer ${SECRET}"`);
  if (operation.parameters?.some((one) => one.name === "idempotency-key")) lines.push(`-H "Idempotency-Key: $(uuidgen)"`);
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  if (body) lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(example(body))}'`);
  return lines.join(" \\\n  ");
}

function part(title, ...content) {
  return el("div", {}, el("h3", {}, title), ...content);
}

function operationView(method, path, operation) {
  const body = el("div", { class: "op-body" });
  if (operation.description) body.append(prose(operation.description));
  const parameters = operation.parameters ?? [];
  if (parameters.length) {
    body.append(part("Parameters", el("ul", { class: "fields" }, parameters.map((one) => {
      const row = field(one.name, one.schema ?? {}, one.required, [], one.description);
      row.querySelector(".type").append(`, in ${one.in}`);
      return row;
    }))));
  }
  const input = operation.requestBody?.content?.["application/json"]?.schema;
  if (input) body.append(part("Body", ...shown(input)));
  for (const [status, answer] of Object.entries(operation.responses ?? {})) {
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    const title = status === "default" ? "Otherwise: a problem document" : `Answer ${status}`;
    if (status !== "default") body.append(part(title, ...(schema ? shown(schema) : [el("p", { class: "faint" }, "No content.")])));
    else body.append(el("details", { class: "problem" }, el("summary", { class: "faint" }, title), ...shown(schema)));
  }
  body.append(part("Example", el("pre", { class: "curl", tabindex: "0" }, curl(method, path, operation))));
  const summary = el("summary", {}, el("span", { class: `method ${method}` }, method.toUpperCase()), el("span", { class: "path" }, path), el("span", { class: "what" }, operation.summary ?? ""));
  const view = el("details", { class: "op", id: operation.operationId }, summary, body);
  view.dataset.words = `${method} ${path} ${operation.summary} ${operation.description}`.toLowerCase();
  return view;
}

function show() {
  const intro = el("section", { class: "api-intro" }, el("h1", {}, `${doc.info.title} API`), el("p", { class: "faint" }, `Version ${doc.info.version}`));
  for (const paragraph of doc.info.description.split("\n\n")) intro.append(prose(paragraph));
  const sections = (doc.tags ?? []).map((tag) => {
    const operations = [];
    for (const [path, item] of Object.entries(doc.paths)) {
      for (const method of METHODS) {
        if (item[method]?.tags?.includes(tag.name)) operations.push([method, path, item[method]]);
      }
    }
    nav.append(el("h2", {}, tag.name), ...operations.map(([, , one]) => el("a", { href: `#${one.operationId}` }, one.summary)));
    return el("section", {}, el("h2", {}, tag.name), el("p", { class: "muted" }, tag.description ?? ""), ...operations.map((one) => operationView(...one)));
  });
  main.replaceChildren(intro, ...sections, el("p", { class: "api-none", hidden: "" }, "No operation matches."));
}

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named?.classList.contains("op")) return;
  named.open = true;
  named.scrollIntoView();
}

function find(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const section of main.querySelectorAll("section:not(.api-intro)")) {
    let here = 0;
    for (const operation of section.querySelectorAll(".op")) {
      operation.hidden = !words.every((word) => operation.dataset.words.includes(word));
      here += operation.hidden ? 0 : 1;
    }
    section.hidden = here === 0;
    found += here;
  }
  main.querySelector(".api-none").hidden = found > 0;
}

fetch(main.dataset.document)
  .then((answer) => answer.json())
  .then((json) => {
    doc = json;
    show();
    openNamed();
    addEventListener("hashchange", openNamed);
    document.getElementById("find").addEventListener("input", (event) => find(event.target.value));
  })
  .catch(() => main.querySelector("h1 + p").replaceWith(el("p", { role: "alert" }, "The document could not be read. Reload the page to try again.")))
  .finally(() => main.removeAttribute("aria-busy"));
