// The worker in the browser: it answers when the network does not. Before this text hub/offline.py
// writes VERSION, FILES (the site's own, under names that change with what is in them), OFFLINE (the
// page for want of a page), VISITOR (the header that tells one sign-in from another) and NOBODY.
const files = "files-" + VERSION;
const MINE = "mine-"; // and the sign-in: what is kept for it, and goes with it
const LIST = "/bookings";
const KEPT = /^\/bookings(\/\d{10})?$/;
const NEAR = /<span class="near">[^<]*<\/span> /g; // 今天, 明天: true on the day it was kept
const PATIENCE = 6000; // then the copy of a page is better than the page
const FRESH = 5 * 60_000;
let putting; // the page just shown
let now = 0; // by the server's clock; the phone's may be wrong
let wiped = 0; // what was asked for before a wipe must not be kept after it

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(navigate(event, pathname));
  else if (FILES.includes(pathname)) event.respondWith(file(request));
});
// The page of my bookings names those that are to come: they are kept, and no others.
addEventListener("message", (event) => {
  event.waitUntil(keep(event.data.keep).catch(() => {})); // another time, with a network
});

async function install() {
  const kept = await caches.open(files);
  await kept.addAll([...FILES, OFFLINE]);
  await skipWaiting();
}

async function activate() {
  for (const name of await caches.keys())
    if (name !== files && !name.startsWith(MINE)) await caches.delete(name);
  await registration.navigationPreload?.enable();
  await clients.claim();
}

async function file(request) {
  return (await caches.match(request, { cacheName: files })) ?? fetch(request);
}

async function navigate(event, pathname) {
  const { request } = event;
  const isSent = request.method !== "GET";
  if (isSent && pathname.startsWith("/sign-out")) await wipe(); // even if it never arrives
  const before = wiped;
  const asked = (async () => (await event.preloadResponse) || fetch(request))();
  const answered = asked.then(async (answer) => {
    await noteVisitor(answer, before);
    if (isSent) await forgetChanged(pathname);
    else if (KEPT.test(pathname) && !new URL(request.url).search)
      event.waitUntil((putting = put(pathname, answer.clone(), wiped)));
    return answer;
  });
  try {
    const copy = isSent ? undefined : await copyOf(pathname);
    if (!copy) return await answered;
    answered.catch(() => {}); // it may fail when nobody waits any more
    return await Promise.race([answered, later(copy)]);
  } catch {
    return isSent ? untold() : ((await copyOf(pathname)) ?? caches.match(OFFLINE));
  }
}

// A form was sent and nothing came back: whether it arrived nobody knows. The page stays as it is,
// with all that was typed, and is told.
async function untold() {
  const pages = await clients.matchAll({ type: "window" });
  for (const page of pages) page.postMessage("unanswered");
  if (pages.length) return new Response(null, { status: 204 });
  return shown(await caches.match(OFFLINE), "unsure");
}

function later(copy) {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE, copy));
}

// The page as it was when it was kept; it says so itself, in a line that is hidden until now.
async function copyOf(pathname) {
  if (!KEPT.test(pathname)) return undefined;
  const name = await mine();
  const kept = name && (await caches.match(pathname, { cacheName: name }));
  return kept && shown(kept, "copy");
}

async function shown(page, part) {
  const html = await page.text();
  const uncovered = html.replace(`data-offline="${part}" hidden`, "");
  return new Response(uncovered.replace(NEAR, ""), { headers: page.headers });
}

async function keep(paths) {
  await putting;
  const name = await mine();
  const kept = name && (await caches.open(name));
  const isAll = paths.includes(LIST);
  for (const one of isAll && kept ? await kept.keys() : [])
    if (!paths.includes(new URL(one.url).pathname)) await kept.delete(one);
  for (const path of paths) {
    const known = await kept?.match(path);
    if (known && now - said(known) < FRESH) continue;
    await take(path);
    if (!known && !isAll) await take(LIST); // which names it from now on
  }
}

async function take(path) {
  const before = wiped;
  const answer = await fetch(path, { redirect: "manual" });
  await noteVisitor(answer, before);
  await put(path, answer, before);
}

async function put(path, answer, before) {
  const visitor = answer.headers.get(VISITOR);
  if (!answer.ok || !visitor || visitor === NOBODY || before !== wiped) return;
  await (await caches.open(MINE + visitor)).put(path, answer);
  if (before !== wiped) await caches.delete(MINE + visitor);
}

// Every page says whose it is, and somebody else's bookings go at once; but an answer to what was
// asked before the last change says nothing about now.
async function noteVisitor(answer, before) {
  now = said(answer) || now;
  const visitor = answer.headers.get(VISITOR);
  if (visitor === NOBODY) await wipe();
  else if (visitor && before === wiped) await wipe(MINE + visitor);
}

function said(answer) {
  return Date.parse(answer.headers.get("Date")?.split(" GMT")[0] + " GMT"); // some servers say it twice
}

async function wipe(but) {
  const names = (await caches.keys()).filter((name) => name.startsWith(MINE) && name !== but);
  if (names.length || !but) wiped += 1;
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function mine() {
  return (await caches.keys()).find((name) => name.startsWith(MINE));
}

// What a form has changed must not be shown as it was: a booking; the language and size in which the
// page for want of a page is written.
async function forgetChanged(pathname) {
  const [, booking] = pathname.match(/^(\/bookings\/\d{10})\//) ?? [];
  const name = booking && (await mine());
  if (name) for (const path of [booking, LIST]) await (await caches.open(name)).delete(path);
  if (pathname === "/language" || pathname === "/care")
    await (await caches.open(files)).add(OFFLINE).catch(() => {}); // then it stays as it was
}
