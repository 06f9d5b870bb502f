// managed by roles/monitor; change there
// Debian's Alertmanager has no pages of its own: this one asks its API (v2), every half minute.
"use strict";

const STATES = { active: "larmar", suppressed: "tyst, eller följer av annat", unprocessed: "väntar" };
// What says how bad a failure is and where it was measured names no failure.
const LEFT_OUT = ["priority", "behind", "instance", "job"];
const at = (id) => document.getElementById(id);
let person = "";

async function ask(path, options = {}) {
  // Who asks for no page is not sent to the portal when the sign-in is over, but told so.
  const headers = { Accept: "application/json", ...options.headers };
  const answer = await fetch(`api/v2/${path}`, { ...options, headers });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  person = answer.headers.get("Samdrift-Person") || person;
  return answer;
}

function row(cells, words, act) {
  const made = document.createElement("tr");
  for (const cell of cells) made.insertCell().append(cell);
  const button = document.createElement("button");
  button.textContent = words;
  button.addEventListener("click", act);
  made.insertCell().append(button);
  return made;
}

const time = (text) => new Date(text).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });

function measured(alert) {
  const link = document.createElement("a");
  // Through this page's own door, whatever name Prometheus goes by.
  link.href = `/prometheus/graph${new URL(alert.generatorURL, location).search}`;
  link.textContent = alert.annotations.summary || alert.labels.alertname;
  link.title = alert.annotations.description || "";
  return link;
}

function chosen(labels) {
  const named = Object.entries(labels).filter(([name, value]) => value && !LEFT_OUT.includes(name));
  at("silence").elements.what.value = named.map(([name, value]) => `${name}=${value}`).join(", ");
  at("silence").elements.why.focus();
}

const words = (matcher) => matcher.name + (matcher.isEqual ? "=" : "!=") + (matcher.isRegex ? "~" : "") + matcher.value;

async function shown() {
  const [alerts, silences] = [await (await ask("alerts")).json(), await (await ask("silences")).json()];
  alerts.sort((one, other) => other.startsAt.localeCompare(one.startsAt));
  at("alerts").replaceChildren(...alerts.map((one) =>
    row([time(one.startsAt), measured(one), STATES[one.status.state]], "Tysta …", () => chosen(one.labels))));
  at("silences").replaceChildren(...silences.filter((one) => one.status.state !== "expired").map((one) =>
    row([time(one.endsAt), one.matchers.map(words).join(", "), one.createdBy, one.comment], "Avsluta",
      () => tried(() => ask(`silence/${one.id}`, { method: "DELETE" })))));
  at("told").textContent = alerts.length ? "" : "Inget larmar.";
}

async function silenced(form) {
  const matchers = form.what.value.split(",").map((part) => {
    const [name, ...value] = part.trim().split("=");
    return { name, value: value.join("="), isRegex: false, isEqual: true };
  });
  const begins = new Date();
  const ends = new Date(begins.getTime() + form.hours.value * 3600000);
  const body = { matchers, startsAt: begins, endsAt: ends, createdBy: person || "?", comment: form.why.value };
  await ask("silences", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  at("silence").reset();
}

async function tried(act) {
  try {
    await act();
    await shown();
  } catch (error) {
    at("told").textContent = `Det gick inte: ${error.message}`;
  }
}

at("silence").addEventListener("submit", (event) => {
  event.preventDefault();
  tried(() => silenced(event.target.elements));
});
tried(() => {});
setInterval(() => tried(() => {}), 30000);
