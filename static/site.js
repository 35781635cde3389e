// What a page can do better with JavaScript; nothing needs it. The words are the page's (data-…).

// A form is sent once, however often it is pressed. Without a network it is not sent, and the page
// says so; where the phone only believes to have none, it is sent after all.
const AGAIN = 10_000; // then it may be pressed again, whatever became of it
let sent, reached;
document.addEventListener("submit", onSubmit, { capture: true });
document.addEventListener("htmx:afterRequest", release);
document.addEventListener("htmx:sendError", notAnswered);
document.addEventListener("htmx:timeout", notAnswered);
document.addEventListener("htmx:beforeRequest", () => tell(""));
addEventListener("pageshow", release);
addEventListener("online", () => trouble() === "lost" && tell("back"));

function onSubmit(event) {
  const { target: form, submitter } = event;
  if (form.method !== "post") return;
  const isHeld = form === sent || (!navigator.onLine && form !== reached);
  if (isHeld) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  if (form === sent) return;
  if (isHeld) {
    const reach = () => {
      reached = form;
      form.requestSubmit(submitter);
    };
    fetch("/healthz", { method: "HEAD", cache: "no-store" }).then(reach, () => tell("lost"));
    return;
  }
  release();
  sent = form;
  form.classList.add("htmx-request");
  setTimeout(() => form === sent && release(), AGAIN);
}

function release() {
  sent?.classList.remove("htmx-request");
  sent = reached = undefined;
}

function notAnswered({ detail }) {
  tell(detail.requestConfig.verb === "get" ? "unread" : unsure(detail.elt));
}

// A form with a key may be sent as often as one likes.
function unsure(form) {
  return form?.elements?.request_key ? "again" : "unsure";
}

// The worker (sw.js) keeps the bookings a page names, and tells when a form got no answer. The first
// page of a visit does without it: a slow network has enough to do then.
const { serviceWorker } = navigator;
serviceWorker?.addEventListener("message", ({ data }) => {
  if (data === "unanswered" && sent) tell(unsure(sent));
  release();
});
addEventListener("load", () => {
  if (document.referrer.startsWith(location.origin)) serviceWorker?.register("/sw.js").catch(() => {});
});
keepCopies();

function keepCopies() {
  const keep = document.querySelector("[data-keep]")?.dataset.keep.split(" ");
  if (keep) serviceWorker?.ready.then(({ active }) => active.postMessage({ keep }));
}

// After a refused form, lead to the first thing to put right. When what was pressed is gone from the
// page, go on reading at what took its place.
document.addEventListener("htmx:afterSettle", ({ detail }) => {
  countDown(0);
  offerCopies();
  keepCopies();
  if (toPutRight() || document.activeElement !== document.body) return;
  const arrived = document.getElementById(detail.target.id) ?? document.querySelector("main :is(.flash, h1)");
  arrived.tabIndex = -1;
  arrived.focus({ preventScroll: true });
});
toPutRight();
countDown(sinceItArrived());

function toPutRight() {
  const wrong = document.querySelector("[aria-invalid=true], .field-error");
  const input = wrong?.closest(".field")?.querySelector("input:enabled, select, textarea");
  input?.focus();
  return Boolean(input);
}

// A text to paste elsewhere, in a field of the page: [data-copy] is the field's id, [data-copied] and
// [data-by-hand] what is said then in the [role=status] beside the button. [data-share] hands it to
// other programs of the phone; WeChat's browser has no way to do that.
const shares = "share" in navigator && !navigator.userAgent.includes("MicroMessenger");
offerCopies();
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy], [data-share]");
  const field = document.getElementById(button?.dataset.copy ?? button?.dataset.share);
  if (!field) return;
  if (button.dataset.share) navigator.share({ text: field.value }).catch(() => {});
  else copy(button, field);
});

async function copy(button, field) {
  const copied = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
  const { copied: done, byHand } = button.dataset;
  say(button.parentElement, copied || copiedAsOfOld(button, field) ? done : byHand);
}

// Old browsers, and all where the site is not on https: what is in sight and selected.
function copiedAsOfOld(button, field) {
  const details = field.closest("details");
  if (details) details.open = true;
  field.focus();
  field.setSelectionRange(0, field.value.length);
  const copied = document.execCommand("copy");
  if (copied) button.focus();
  return copied;
}

function offerCopies() {
  for (const button of document.querySelectorAll(shares ? "[data-copy], [data-share]" : "[data-copy]")) {
    button.hidden = false;
  }
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

function tell(what) {
  const box = document.getElementById("trouble");
  if (!box) return;
  box.hidden = !what;
  box.textContent = what ? box.dataset[what] : "";
  box.dataset.told = what;
}

function trouble() {
  return document.getElementById("trouble")?.dataset.told;
}

// A slot that opens soon: its button is on the page already and wakes by the server's clock, without
// asking anybody. The page says how long it was when it left the server; what has passed since is
// told by two clocks, because one stands still while a phone sleeps and the other may be put back.
function countDown(passed) {
  for (const box of document.querySelectorAll("[data-opens-in]:not([data-runs])")) {
    const began = [performance.now(), Date.now()];
    const left = () =>
      box.dataset.opensIn - passed - Math.max(performance.now() - began[0], Date.now() - began[1]);
    box.dataset.runs = "";
    box.querySelector(".countdown-reload").hidden = true;
    tick(box, left);
    document.addEventListener("visibilitychange", () => document.hidden || tick(box, left));
  }
}

function tick(box, left) {
  const remains = left();
  clearTimeout(box.dataset.timer);
  if (!box.isConnected) return;
  const shown = box.querySelector(".countdown-left");
  shown.hidden = false;
  if (remains <= 0) {
    const button = box.parentElement.querySelector("[data-waits]");
    if (button) button.disabled = false;
    say(box, box.dataset.open);
    shown.textContent = box.dataset.open;
    return;
  }
  const still = "care" in document.documentElement.dataset || matchMedia("(prefers-reduced-motion: reduce)").matches;
  const step = !still ? 1000 : remains > 60_000 ? 60_000 : 10_000;
  const seconds = (Math.ceil(remains / step) * step) / 1000;
  shown.textContent = inWords(box, seconds);
  // Read out rarely: at so many minutes before.
  const minutes = Math.ceil(remains / 60_000);
  if ([60, 30, 10, 5, 1].includes(minutes)) say(box, inWords(box, minutes * 60));
  box.dataset.timer = setTimeout(tick, remains % step || step, box, left);
}

function say(box, words) {
  const told = box.querySelector("[role=status]");
  if (told.textContent !== words) told.textContent = words;
}

// The two largest units: 还有 3 天 4 小时.
function inWords({ dataset }, seconds) {
  const units = [[86_400, "days"], [3600, "hours"], [60, "minutes"], [1, "seconds"]];
  const first = units.findIndex(([size]) => seconds >= size);
  const words = units.slice(first, first + 2).map(([size, name], place) => {
    const whole = Math.floor((place ? seconds % units[first][0] : seconds) / size);
    return whole || !place ? dataset[name].replace("{n}", whole) : "";
  });
  return dataset.left.replace("{left}", words.join(" ").trim());
}

function sinceItArrived() {
  const arrival = performance.getEntriesByType("navigation")[0]?.responseStart;
  return arrival ? performance.now() - arrival : 0;
}
